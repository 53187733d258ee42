// All Ingresses as one immutable table: host, door, path and headers → where the request goes. Compiled whole, swapped whole, never changed.

import { hostName, isThisMachine } from "../../apis/networking/host-name.ts";
import type { Ingress } from "../../apis/networking/types.ts";
import type { Door, RawHeaders } from "../http/exchange.ts";
import { type CompiledRule, compileRules, moreSpecificFirst, type RoutePath } from "./path-table.ts";

/** A Service that people can reach by name, as the index page and the Services' own doors know it. */
export interface ServiceEntry {
  /** `namespace/name` of the Service. */
  readonly service: string;
  /** Its routed name: the public one, or the cluster-local one if it has no other. */
  readonly host: string;
  readonly isPublic: boolean;
}

export type RouteMatch =
  /** `host` is what the app is to see instead of the client's Host, if anything. */
  | { readonly kind: "path"; readonly path: RoutePath; readonly host?: string }
  /** The client is sent to https (301). */
  | { readonly kind: "redirect"; readonly location: string }
  /** This machine's own name, and no single Service to mean by it. */
  | { readonly kind: "index"; readonly services: readonly ServiceEntry[] };

export interface RouteRequest {
  readonly host: string;
  /** In origin form (or `*`). */
  readonly target: string;
  readonly headers: RawHeaders;
  readonly door: Door;
}

export interface RoutingTable {
  /** undefined: nobody is served under this name at this door (404). */
  match(request: RouteRequest): RouteMatch | undefined;
  /** As if the request had been sent to the Service's own name, whatever its Host. */
  matchService(service: string, request: RouteRequest): RouteMatch | undefined;
  readonly services: readonly ServiceEntry[];
  /** What a TLS door needs certificates for. */
  readonly publicHosts: readonly string[];
  /** `namespace/name` of all Ingresses. */
  readonly ingresses: ReadonlySet<string>;
  /** Hosts that two Ingresses claim: the first in the list has it, the others are refused. */
  readonly conflicts: readonly { readonly host: string; readonly ingress: string }[];
}

export interface TableOptions {
  /** Where redirected clients go; 443 is not written into the location. */
  readonly httpsPort?: number;
  /** Kept by the caller from one compilation to the next: an Ingress whose spec is still the same object is not compiled again. */
  readonly known?: WeakMap<Ingress["spec"], readonly CompiledRule[]>;
}

interface HostRoutes {
  readonly ingress: string;
  readonly paths: readonly RoutePath[];
  readonly redirects: boolean;
}
type HostMap = Map<string, HostRoutes>;

export const EMPTY_TABLE: RoutingTable = compileRoutingTable([]);

/**
 * Public names are served at every door, cluster-local names at the local one only (kourier's generator/ingress_translator.go). Of two
 * Ingresses with the same host the earlier in the list has it, so give them in order of age.
 */
export function compileRoutingTable(ingresses: readonly Ingress[], options: TableOptions = {}): RoutingTable {
  const open: HostMap = new Map();
  const local: HostMap = new Map();
  const conflicts: { host: string; ingress: string }[] = [];
  const services: ServiceEntry[] = [];
  for (const ingress of ingresses) {
    const rules = options.known?.get(ingress.spec) ?? compileRules(ingress);
    options.known?.set(ingress.spec, rules);
    for (const rule of rules) {
      for (const map of rule.isPublic ? [open, local] : [local]) conflicts.push(...addRule(map, ingress, rule));
    }
    services.push(...serviceEntry(ingress));
  }
  const byName = new Map(services.map((entry) => [entry.service, entry]));
  const lookUp = (request: RouteRequest): RouteMatch | undefined => {
    const name = hostName(request.host);
    const routes = (request.door === "local" ? local : open).get(name);
    if (!routes) return isThisMachine(name) && request.door !== "local" ? thisMachine(request) : undefined;
    if (routes.redirects && request.door === "public") return redirect(name, request.target, options.httpsPort ?? 443);
    const path = routes.paths.find((candidate) => fits(candidate, request));
    return path && { kind: "path", path };
  };
  const asService = (entry: ServiceEntry, request: RouteRequest): RouteMatch | undefined => {
    const match = lookUp({ ...request, host: entry.host, door: entry.isPublic ? request.door : "local" });
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
    publicHosts: [...open.keys()],
    ingresses: new Set(ingresses.map(keyOf)),
    conflicts: dedupe(conflicts),
  };
}

function keyOf({ metadata }: Ingress): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

function addRule(map: HostMap, ingress: Ingress, { hosts, paths, isPublic }: CompiledRule) {
  const key = keyOf(ingress);
  const redirects = isPublic && ingress.spec.httpOption === "Redirected";
  const refused: { host: string; ingress: string }[] = [];
  for (const host of hosts) {
    const name = hostName(host);
    const taken = map.get(name);
    if (taken && taken.ingress !== key) refused.push({ host: name, ingress: key });
    else {
      const all = taken ? [...taken.paths, ...paths].sort(moreSpecificFirst) : paths;
      map.set(name, { ingress: key, paths: all, redirects });
    }
  }
  return refused;
}

function dedupe(conflicts: readonly { host: string; ingress: string }[]) {
  return [...new Map(conflicts.map((conflict) => [`${conflict.host} ${conflict.ingress}`, conflict])).values()];
}

/** The default target's rules come first: its cluster-local names, then its public ones, until the next cluster-local rule (a tag's). */
function serviceEntry(ingress: Ingress): readonly ServiceEntry[] {
  const rules = ingress.spec.rules ?? [];
  const [first] = rules;
  if (first?.visibility !== "ClusterLocal") return [];
  const nextTarget = rules.findIndex((rule, index) => index > 0 && rule.visibility === "ClusterLocal");
  const open = rules.slice(1, nextTarget < 0 ? undefined : nextTarget).flatMap((rule) => rule.hosts ?? [])[0];
  const host = open ?? first.hosts?.at(-1);
  if (host === undefined) return [];
  return [{ service: keyOf(ingress), host: hostName(host), isPublic: open !== undefined }];
}

function redirect(host: string, target: string, httpsPort: number): RouteMatch {
  const port = httpsPort === 443 ? "" : `:${httpsPort}`;
  return { kind: "redirect", location: `https://${host}${port}${target === "*" ? "/" : target}` };
}

function fits({ prefix, conditions }: RoutePath, { target, headers }: RouteRequest): boolean {
  if (prefix.length > 1 && !target.startsWith(prefix)) return false;
  return conditions.every(({ lowerName, value }) => headerValue(headers, lowerName) === value);
}

/** Several lines of one name are one value, joined with commas. */
function headerValue(headers: RawHeaders, lowerName: string): string | undefined {
  let value: string | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    if (name.length !== lowerName.length || name.toLowerCase() !== lowerName) continue;
    value = value === undefined ? (headers[i + 1] ?? "") : `${value},${headers[i + 1] ?? ""}`;
  }
  return value;
}
