// Computes the host names of a Route and their visibility.
// Source: pkg/reconciler/route/{domains/domains,config/domain,visibility/visibility}.go.
import { executeDomainTemplate, executeTagTemplate } from "../../../apis/config/network.ts";
import type { ServingConfig } from "../../../apis/config/types.ts";
import { domainNameError } from "../../../apis/meta/names.ts";
import type { Stored, StringMap } from "../../../apis/meta/object.ts";
import { CLUSTER_LOCAL, ROUTE_LABEL, VISIBILITY_LABEL, without } from "../../../apis/serving/labels.ts";
import type { Route } from "../../../apis/serving/types.ts";
import { quote } from "../../../base/go/quote.ts";
import { failed, ok, type Result } from "../../../base/result.ts";
import type { View } from "../../store/view.ts";
import { DEFAULT_TAG } from "./traffic.ts";

/** Maps each tag of the spec and the default tag to true if the tag is cluster-local. */
export type Visibility = ReadonlyMap<string, boolean>;

const DEFAULT_TEMPLATE = "{{.Name}}.{{.Namespace}}.{{.Domain}}";

/** Returns the first part of a tag's host name: the Route's name, or the result of the tag template. */
export function hostOfTag(route: Stored<Route>, tag: string, config: ServingConfig): Result<string> {
  const { name } = route.metadata;
  return tag === DEFAULT_TAG ? ok(name) : executeTagTemplate(config.network, { name, tag });
}

/** Returns the full host name of a tag. Cluster-local names ignore the domain template. */
export function domainOfTag(route: Stored<Route>, tag: string, local: boolean, config: ServingConfig): Result<string> {
  const host = hostOfTag(route, tag, config);
  if (!host.ok) return host;
  const others = without(route.metadata.labels, (key) => key === VISIBILITY_LABEL);
  const labels = local ? { ...others, [VISIBILITY_LABEL]: CLUSTER_LOCAL } : others;
  return domainName(route, host.value, labels, config);
}

function domainName(route: Stored<Route>, host: string, labels: StringMap, config: ServingConfig): Result<string> {
  const local = labels[VISIBILITY_LABEL] === CLUSTER_LOCAL;
  const { namespace, annotations = {} } = route.metadata;
  const network = local ? { ...config.network, domainTemplate: DEFAULT_TEMPLATE } : config.network;
  const domain = domainFor(labels, config);
  const text = executeDomainTemplate(network, { name: host, namespace, domain, annotations, labels });
  if (!text.ok) return failed(`error executing the DomainTemplate: ${text.error}`);
  const problem = domainNameError(text.value, "url");
  if (problem === undefined) return text;
  return failed(`domain name error: invalid domain name ${quote(text.value)}: ${problem}`);
}

/** Returns the domain with the most specific selector that matches the labels. Equal ones are sorted by name. */
export function domainFor(labels: StringMap, config: ServingConfig): string {
  if (labels[VISIBILITY_LABEL] === CLUSTER_LOCAL) return `svc.${config.clusterDomain}`;
  const matching = Object.entries(config.domain.domains)
    .map(([domain, selector]) => ({ domain, selector: Object.entries(selector) }))
    .filter(({ selector }) => selector.every(([key, value]) => labels[key] === value));
  matching.sort((a, b) => b.selector.length - a.selector.length || (a.domain < b.domain ? -1 : 1));
  return matching[0]?.domain ?? "";
}

export function isClusterLocal(domain: string, config: ServingConfig): boolean {
  return domain.endsWith(config.clusterDomain);
}

/**
 * Returns the visibility. A tag is local if the Route's domain is local, or if its placeholder Service has the
 * visibility label.
 */
export function resolveVisibility(route: Stored<Route>, view: View, config: ServingConfig): Result<Visibility> {
  const { name, namespace, labels = {} } = route.metadata;
  const allLocal = domainFor(labels, config) === `svc.${config.clusterDomain}`;
  const services = view.list("Service", { namespace, labels: { matchLabels: { [ROUTE_LABEL]: name } } });
  const visibility = new Map<string, boolean>();
  for (const tag of new Set([DEFAULT_TAG, ...(route.spec.traffic ?? []).map((target) => target.tag ?? DEFAULT_TAG)])) {
    const host = hostOfTag(route, tag, config);
    if (!host.ok) return host;
    const placeholder = services.find((service) => service.metadata.name === host.value);
    const hidden = Boolean(placeholder?.metadata.labels?.[VISIBILITY_LABEL]);
    visibility.set(tag, allLocal || hidden);
  }
  return ok(visibility);
}

/** Returns the URL of a tag without certificates: `http` if local, else the scheme of config-network. */
export function urlOfTag(
  route: Stored<Route>,
  tag: string,
  visibility: Visibility,
  config: ServingConfig,
): Result<string> {
  const local = visibility.get(tag) ?? false;
  const domain = domainOfTag(route, tag, local, config);
  if (!domain.ok) return domain;
  if (local) return ok(`http://${domain.value}`);
  return ok(publicUrl(config.network.defaultExternalScheme, domain.value, config));
}

/** Returns a public URL, with knap's port for this scheme if the configuration has one. */
export function publicUrl(scheme: string, host: string, config: ServingConfig): string {
  const port = scheme === "https" ? config.httpsUrlPort : config.urlPort;
  return `${scheme}://${host}${port === undefined ? "" : `:${port}`}`;
}

/** Returns the cluster-local host name of a Service, Route or placeholder Service. */
export function clusterHost(name: string, namespace: string, config: ServingConfig): string {
  return `${name}.${namespace}.svc.${config.clusterDomain}`;
}
