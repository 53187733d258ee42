// Compiles all Ingresses into one immutable table from host, listener, path and headers to a route.

import { hostName, isThisMachine } from "../../apis/networking/hosts.ts";
import type { Ingress } from "../../apis/networking/types.ts";
import type { ListenerKind, RawHeaders } from "../http/exchange.ts";
import {
  type CompiledIngress,
  type CompiledRule,
  compileIngress,
  type HostRoutes,
  type ServiceEntry,
  type TlsSecret,
} from "./ingress-table.ts";
import { moreSpecificFirst, type RoutePath } from "./path-table.ts";

export type RouteMatch =
  /** `host`: the Host for the app, if it differs from the client's. */
  | { readonly kind: "path"; readonly path: RoutePath; readonly host?: string }
  /** Redirect to https (301). */
  | { readonly kind: "redirect"; readonly location: string }
  /** The host is a name of this machine, but the request has no target, because not exactly one Service is public. */
  | { readonly kind: "index"; readonly services: readonly ServiceEntry[] };

export interface RouteRequest {
  readonly host: string;
  /** In origin form (or `*`). */
  readonly target: string;
  readonly headers: RawHeaders;
  readonly listener: ListenerKind;
}

export interface RoutingTable {
  /** Undefined: the listener serves no such host (404). */
  match(request: RouteRequest): RouteMatch | undefined;
  /** Matches as if the request had the Service's Host. */
  matchService(service: string, request: RouteRequest): RouteMatch | undefined;
  readonly services: readonly ServiceEntry[];
  /** The hosts that a TLS listener needs certificates for. */
  readonly publicHosts: readonly string[];
  readonly secrets: readonly TlsSecret[];
  readonly needsTls: boolean;
  /** `namespace/name` of all Ingresses. */
  readonly ingresses: ReadonlySet<string>;
  /** Hosts that two Ingresses claim. The first Ingress gets the host. */
  readonly conflicts: readonly { readonly host: string; readonly ingress: string }[];
  /** Ingresses that could not be compiled, with the error. The table has no routes for these Ingresses. */
  readonly failures: readonly { readonly ingress: string; readonly error: unknown }[];
}

export interface RoutingTableOptions {
  /** Port of https redirects; 443 is omitted from the location. */
  readonly httpsPort?: number | undefined;
  /** Cache across compilations: an Ingress whose spec is the same object is not compiled again. */
  readonly known?: WeakMap<Ingress["spec"], CompiledIngress>;
}

type HostMap = Map<string, HostRoutes>;

export const EMPTY_TABLE: RoutingTable = compileRoutingTable([]);

/**
 * Public hosts are served on all listeners, cluster-local hosts only on the local one (kourier's
 * generator/ingress_translator.go). If two Ingresses have the same host, the first in the list gets it, so sort them by
 * age.
 */
export function compileRoutingTable(ingresses: readonly Ingress[], options: RoutingTableOptions = {}): RoutingTable {
  const open: HostMap = new Map();
  const local: HostMap = new Map();
  const conflicts: { host: string; ingress: string }[] = [];
  const services: ServiceEntry[] = [];
  const failures: { ingress: string; error: unknown }[] = [];
  const compiled = ingresses.flatMap((ingress) => {
    try {
      return [compileOnce(ingress, options.known)];
    } catch (error) {
      failures.push({ ingress: `${ingress.metadata.namespace ?? ""}/${ingress.metadata.name}`, error });
      return [];
    }
  });
  for (const { rules, service } of compiled) {
    for (const rule of rules) {
      for (const map of rule.isPublic ? [open, local] : [local]) addRule(map, rule, conflicts);
    }
    if (service) services.push(service);
  }
  const byName = new Map(services.map((entry) => [entry.service, entry]));
  const lookUp = (request: RouteRequest): RouteMatch | undefined => {
    const name = hostName(request.host);
    const routes = (request.listener === "local" ? local : open).get(name);
    if (!routes) return isThisMachine(name) && request.listener !== "local" ? thisMachine(request) : undefined;
    if (routes.redirects && request.listener === "public")
      return redirect(name, request.target, options.httpsPort ?? 443);
    const path = routes.paths.find((candidate) => isMatch(candidate, request));
    return path && { kind: "path", path };
  };
  const asService = (entry: ServiceEntry, request: RouteRequest): RouteMatch | undefined => {
    const match = lookUp({ ...request, host: entry.host, listener: entry.isPublic ? request.listener : "local" });
    return match?.kind === "path" ? { ...match, host: entry.host } : match;
  };
  const thisMachine = (request: RouteRequest): RouteMatch | undefined => {
    const open = services.filter((entry) => entry.isPublic);
    const [only, another] = open;
    return only && !another ? asService(only, request) : { kind: "index", services: open };
  };
  return {
    match: lookUp,
    matchService: (service, request) => {
      const entry = byName.get(service);
      return entry && asService(entry, request);
    },
    services,
    get publicHosts() {
      return [...open.keys()];
    },
    secrets: compiled.flatMap(({ secrets }) => secrets),
    needsTls: compiled.some(({ needsTls }) => needsTls),
    ingresses: new Set(compiled.map(({ key }) => key)),
    conflicts: dedupe(conflicts),
    failures,
  };
}

function compileOnce(ingress: Ingress, known: RoutingTableOptions["known"]): CompiledIngress {
  const compiled = known?.get(ingress.spec) ?? compileIngress(ingress);
  known?.set(ingress.spec, compiled);
  return compiled;
}

/** Rules of the same Ingress share a host; among several Ingresses the first gets it. */
function addRule(map: HostMap, { names, routes }: CompiledRule, conflicts: { host: string; ingress: string }[]): void {
  for (const name of names) {
    const taken = map.get(name);
    if (!taken) map.set(name, routes);
    else if (taken.ingress !== routes.ingress) conflicts.push({ host: name, ingress: routes.ingress });
    else map.set(name, { ...routes, paths: [...taken.paths, ...routes.paths].sort(moreSpecificFirst) });
  }
}

function dedupe(conflicts: readonly { host: string; ingress: string }[]) {
  return [...new Map(conflicts.map((conflict) => [`${conflict.host} ${conflict.ingress}`, conflict])).values()];
}

function redirect(host: string, target: string, httpsPort: number): RouteMatch {
  const port = httpsPort === 443 ? "" : `:${httpsPort}`;
  return { kind: "redirect", location: `https://${host}${port}${target === "*" ? "/" : target}` };
}

function isMatch({ prefix, conditions }: RoutePath, { target, headers }: RouteRequest): boolean {
  if (prefix.length > 1 && !target.startsWith(prefix)) return false;
  return conditions.every(({ lowerName, value }) => headerValue(headers, lowerName) === value);
}

/** Joins repeated headers with commas. */
function headerValue(headers: RawHeaders, lowerName: string): string | undefined {
  let value: string | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    if (name.length !== lowerName.length || name.toLowerCase() !== lowerName) continue;
    value = value === undefined ? (headers[i + 1] ?? "") : `${value},${headers[i + 1] ?? ""}`;
  }
  return value;
}
