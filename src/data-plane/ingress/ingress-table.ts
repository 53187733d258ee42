// Compiles the rules of one Ingress. Pure.
import { hostName } from "../../apis/networking/hosts.ts";
import type { Ingress } from "../../apis/networking/types.ts";
import { compilePaths, type RoutePath } from "./path-table.ts";

/** A Service, for the index page and the Service's own listener. */
export interface ServiceEntry {
  /** `namespace/name` of the Service. */
  readonly service: string;
  /** The Service's public host, or its cluster-local host if the Service has no public one. */
  readonly host: string;
  readonly isPublic: boolean;
}

/** The routes of one host name. */
export interface HostRoutes {
  /** `namespace/name` */
  readonly ingress: string;
  readonly paths: readonly RoutePath[];
  /** Requests without TLS are redirected to https. */
  readonly redirects: boolean;
}

export interface CompiledRule {
  /** In the form of {@link hostName}. */
  readonly names: readonly string[];
  readonly isPublic: boolean;
  readonly routes: HostRoutes;
}

/** The Secret that contains the certificate of these hosts. */
export interface TlsSecret {
  readonly hosts: readonly string[];
  readonly namespace: string;
  readonly name: string;
}

export interface CompiledIngress {
  /** `namespace/name` */
  readonly key: string;
  readonly secrets: readonly TlsSecret[];
  /** The Ingress needs https, for a redirect or a certificate. */
  readonly needsTls: boolean;
  readonly rules: readonly CompiledRule[];
  readonly service: ServiceEntry | undefined;
}

export function compileIngress(ingress: Ingress): CompiledIngress {
  const { metadata, spec } = ingress;
  const key = `${metadata.namespace ?? ""}/${metadata.name}`;
  const paths = compilePaths(ingress);
  const rules = (spec.rules ?? []).map(({ hosts = [], visibility }, index) => {
    const isPublic = visibility !== "ClusterLocal";
    const redirects = isPublic && spec.httpOption === "Redirected";
    return { names: hosts.map(hostName), isPublic, routes: { ingress: key, paths: paths[index] ?? [], redirects } };
  });
  const secrets = (spec.tls ?? []).map(({ hosts = [], secretName = "", secretNamespace }) => {
    return { hosts: hosts.map(hostName), name: secretName, namespace: secretNamespace ?? metadata.namespace ?? "" };
  });
  const needsTls = spec.httpOption === "Redirected" || secrets.length > 0;
  return { key, secrets, needsTls, rules, service: serviceEntry(key, rules) };
}

/**
 * Returns the host of the Service's default target, preferably a public one; undefined if the Ingress has no such host.
 * The first rules are those of the default target: a cluster-local rule, then public rules. The rules of tags follow.
 */
function serviceEntry(service: string, rules: readonly CompiledRule[]): ServiceEntry | undefined {
  const [first] = rules;
  if (!first || first.isPublic) return undefined;
  const nextTarget = rules.findIndex((rule, index) => index > 0 && !rule.isPublic);
  const open = rules.slice(1, nextTarget < 0 ? undefined : nextTarget).flatMap(({ names }) => names)[0];
  const host = open ?? first.names.at(-1);
  return host === undefined ? undefined : { service, host, isPublic: open !== undefined };
}
