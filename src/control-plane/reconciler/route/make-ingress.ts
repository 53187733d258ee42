// Makes the Ingress of a Route: a rule per tag and visibility with the traffic split of its revisions.
// Source: pkg/reconciler/route/resources/ingress.go.
import type { ServingConfig } from "../../../apis/config/types.ts";
import { childName } from "../../../apis/meta/names.ts";
import type { Stored, StringMap } from "../../../apis/meta/object.ts";
import type { Ingress, IngressBackendSplit, IngressPath, IngressRule } from "../../../apis/networking/types.ts";
import {
  CERTIFICATE_CLASS_ANNOTATION,
  firstOf,
  INGRESS_CLASS_ANNOTATION,
  LAST_APPLIED_ANNOTATION,
  ROLLOUT_STATE_ANNOTATION,
  ROUTE_LABEL,
  ROUTE_NAMESPACE_LABEL,
  TAG_TO_HOST_ANNOTATION,
  without,
} from "../../../apis/serving/labels.ts";
import type { Route } from "../../../apis/serving/types.ts";
import { failed, ok, type Result } from "../../../base/result.ts";
import { controllerReference } from "../ownership.ts";
import { type AcmeChallenge, challengePath, hostOfChallenge, type IngressTls } from "./certificate-holding.ts";
import { domainOfTag, type Visibility } from "./domains.ts";
import type { ConfigurationRollout, Rollout } from "./rollout.ts";
import { DEFAULT_TAG, type RevisionTarget, type Traffic } from "./traffic.ts";

const TAG_HEADER = "Knative-Serving-Tag";
const DEFAULT_ROUTE_HEADER = "Knative-Serving-Default-Route";
const INGRESS_CLASS_ALIAS = "networking.knative.dev/ingress-class";
const CERTIFICATE_CLASS_ALIAS = "networking.knative.dev/certificate-class";
const CLASS_KEYS = [INGRESS_CLASS_ANNOTATION, INGRESS_CLASS_ALIAS];
const CERTIFICATE_KEYS = [CERTIFICATE_CLASS_ANNOTATION, CERTIFICATE_CLASS_ALIAS];
const PROTOCOL_KEYS = ["networking.knative.dev/httpOption", "networking.knative.dev/http-protocol"];
const NOT_HANDED_ON = [LAST_APPLIED_ANNOTATION, INGRESS_CLASS_ALIAS, CERTIFICATE_CLASS_ALIAS];

export interface IngressParts {
  readonly route: Stored<Route>;
  readonly traffic: Traffic;
  readonly visibility: Visibility;
  readonly rollout: Rollout;
  readonly tls: readonly IngressTls[];
  readonly challenges: readonly AcmeChallenge[];
}

/** Returns the Route's name, shortened with a hash if the name is too long. */
export function ingressName(route: string): string {
  return childName(route, "");
}

/** Returns the Ingress class in the annotations, else the cluster's. */
export function ingressClass(annotations: StringMap | undefined, config: ServingConfig): string {
  return firstOf(annotations, CLASS_KEYS) || config.network.ingressClass;
}

/** Returns the certificate class in the annotations, else the cluster's. */
export function certificateClass(annotations: StringMap | undefined, config: ServingConfig): string {
  return firstOf(annotations, CERTIFICATE_KEYS) || config.network.certificateClass;
}

/** Returns the HTTP option in the annotations, else the cluster's. Fails if the annotation has an unknown value. */
export function httpOption(
  annotations: StringMap | undefined,
  config: ServingConfig,
): Result<"Enabled" | "Redirected"> {
  const asked = firstOf(annotations, PROTOCOL_KEYS);
  if (!asked) return ok(config.network.httpProtocol);
  if (asked.toLowerCase() === "enabled") return ok("Enabled");
  if (asked.toLowerCase() === "redirected") return ok("Redirected");
  return failed(`incorrect http-protocol annotation: ${asked}`);
}

/** Returns the annotations that an Ingress and a Certificate get from their owner. */
export function handedOn(annotations: StringMap | undefined): Record<string, string> {
  return without(annotations, (key) => NOT_HANDED_ON.includes(key));
}

/** Fails if a name or annotation is invalid. */
export function makeIngress(parts: IngressParts, config: ServingConfig): Result<Ingress> {
  const { route, rollout, tls } = parts;
  const { name, namespace, labels, annotations } = route.metadata;
  const option = httpOption(annotations, config);
  if (!option.ok) return option;
  const rules = makeRules(parts, config);
  if (!rules.ok) return rules;
  return ok({
    apiVersion: "networking.internal.knative.dev/v1alpha1",
    kind: "Ingress",
    metadata: {
      name: ingressName(name),
      namespace,
      labels: { ...labels, [ROUTE_LABEL]: name, [ROUTE_NAMESPACE_LABEL]: namespace },
      annotations: {
        ...handedOn(annotations),
        [INGRESS_CLASS_ANNOTATION]: ingressClass(annotations, config),
        [ROLLOUT_STATE_ANNOTATION]: JSON.stringify(rollout),
        ...tagToHost(rules.value.hosts),
      },
      ownerReferences: [controllerReference(route)],
    },
    spec: {
      rules: rules.value.rules,
      ...(tls.length > 0 ? { tls } : {}),
      httpOption: option.value,
    },
  });
}

type Hosts = ReadonlyMap<string, readonly string[]>;

/** Returns an annotation that maps tags to hosts, or nothing without tags. */
function tagToHost(hosts: Hosts): StringMap {
  const tags = [...hosts].filter(([tag]) => tag !== DEFAULT_TAG);
  return tags.length === 0 ? {} : { [TAG_TO_HOST_ANNOTATION]: JSON.stringify(Object.fromEntries(tags)) };
}

function makeRules(
  parts: IngressParts,
  config: ServingConfig,
): Result<{ rules: readonly IngressRule[]; hosts: Hosts }> {
  const { route, traffic, visibility, challenges } = parts;
  const challengesOf = (host: string): readonly IngressPath[] =>
    challenges.filter((challenge) => hostOfChallenge(challenge) === host).map(challengePath);
  const rules: IngressRule[] = [];
  const hosts = new Map<string, readonly string[]>();
  for (const tag of traffic.groups.keys()) {
    for (const local of visibility.get(tag) ? [true] : [true, false]) {
      const domain = domainOfTag(route, tag, local, config);
      if (!domain.ok) return domain;
      hosts.set(tag, [...(hosts.get(tag) ?? []), domain.value]);
      const paths = makePaths(parts, tag, config);
      rules.push({
        hosts: local ? expandedHosts(domain.value, config) : [domain.value],
        visibility: local ? "ClusterLocal" : "ExternalIP",
        http: { paths: local ? paths : [...challengesOf(domain.value), ...paths] },
      });
    }
  }
  return ok({ rules, hosts });
}

/** Returns all forms of a local name that a pod's resolver accepts and that end in a domain. */
export function expandedHosts(domain: string, config: ServingConfig): readonly string[] {
  const suffixes = ["", `.${config.clusterDomain}`, `.svc.${config.clusterDomain}`];
  return suffixes
    .flatMap((suffix) => (domain.endsWith(suffix) ? domain.slice(0, domain.length - suffix.length) : []))
    .filter((host) => endsInDomain(host.split(".").at(-1) ?? ""))
    .toSorted();
}

function endsInDomain(last: string): boolean {
  return last.length <= 63 && !/^[0-9]*$/.test(last);
}

function makePaths({ route, traffic, rollout }: IngressParts, tag: string, config: ServingConfig): IngressPath[] {
  const namespace = route.metadata.namespace;
  const pathOf = (name: string): IngressPath => ({
    splits: makeSplits(traffic.groups.get(name) ?? [], rolloutsOf(rollout, name), namespace, config),
  });
  const base = pathOf(tag);
  if (config.features.gates["tag-header-based-routing"] !== "Enabled") return [base];
  if (tag !== DEFAULT_TAG) return [{ ...base, appendHeaders: { [TAG_HEADER]: tag } }];
  const tags = [...traffic.groups.keys()].filter((name) => name !== DEFAULT_TAG);
  return [
    ...tags.map((name) => ({ headers: { [TAG_HEADER]: { exact: name } }, ...pathOf(name) })),
    { ...base, appendHeaders: { [DEFAULT_ROUTE_HEADER]: "true" } },
  ];
}

export function rolloutsOf(rollout: Rollout, tag: string): readonly ConfigurationRollout[] {
  return (rollout.configurations ?? []).filter((configuration) => (configuration.tag ?? DEFAULT_TAG) === tag);
}

/** Returns the rollout of a `latestRevision` target; undefined for other targets. */
export function rolloutOf(
  { latestRevision, configurationName }: RevisionTarget,
  rollouts: readonly ConfigurationRollout[],
): ConfigurationRollout | undefined {
  return latestRevision ? rollouts.find((rollout) => rollout.configurationName === configurationName) : undefined;
}

function makeSplits(
  targets: readonly RevisionTarget[],
  rollouts: readonly ConfigurationRollout[],
  namespace: string,
  config: ServingConfig,
): readonly IngressBackendSplit[] {
  return targets
    .filter(({ percent }) => percent > 0)
    .flatMap((target) => {
      const shares = rolloutOf(target, rollouts)?.revisions ?? [];
      return (shares.length > 1 ? shares : [target]).map(({ revisionName, percent }) => ({
        serviceNamespace: namespace,
        serviceName: revisionName,
        servicePort: servicePort(target, config),
        percent,
        appendHeaders: { "Knative-Serving-Namespace": namespace, "Knative-Serving-Revision": revisionName },
      }));
    });
}

function servicePort({ protocol }: RevisionTarget, config: ServingConfig): number {
  if (config.network.systemInternalTls) return 443;
  return protocol === "h2c" ? 81 : 80;
}
