// The `_example` of each ConfigMap of knative-serving: every key that knap reads, its default, and what it sets.
import type { StringMap } from "../meta/object.ts";
import { GATES } from "./features.ts";

type Example = readonly [key: string, value: string, about: string];

const AUTOSCALER: readonly Example[] = [
  ["pod-autoscaler-class", "kpa.autoscaling.knative.dev", "The autoscaler of Revisions without a class annotation."],
  ["container-concurrency-target-percentage", "70", "Percentage of the concurrency target at which to scale up."],
  ["container-concurrency-target-default", "100", "Requests at a time per pod, if containerConcurrency is unlimited."],
  ["requests-per-second-target-default", "200", "Requests per second per pod, for the metric rps."],
  [
    "target-burst-capacity",
    "211",
    "Extra requests to buffer; 0: no activator above zero pods; -1: always an activator.",
  ],
  ["stable-window", "60s", "Time over which the metric is averaged."],
  ["panic-window-percentage", "10", "Length of the panic window, as a percentage of the stable window."],
  [
    "panic-threshold-percentage",
    "200",
    "Load of the panic window, in percent of the capacity, that starts panic mode.",
  ],
  ["max-scale-up-rate", "1000", "Largest factor by which one decision may raise the number of pods."],
  ["max-scale-down-rate", "2", "Largest factor by which one decision may lower the number of pods."],
  ["enable-scale-to-zero", "true", "Whether a Revision without requests may have no pods."],
  ["scale-to-zero-grace-period", "30s", "Longest wait for the network before the last pod stops."],
  ["scale-to-zero-pod-retention-period", "0s", "Time that the last pod stays after the decision for zero."],
  ["scale-down-delay", "0s", "Time of lower load before the number of pods falls."],
  ["activator-capacity", "100", "Requests at a time that one activator is reckoned to hold."],
  ["initial-scale", "1", "Pods of a new Revision."],
  ["allow-zero-initial-scale", "false", "Whether the initial scale may be 0."],
  ["min-scale", "0", "Fewest pods of Revisions without an annotation."],
  ["max-scale", "0", "Most pods of Revisions without an annotation; 0: no limit."],
  ["max-scale-limit", "0", "Largest max-scale that a Revision may ask for; 0: no limit."],
];

const DEFAULTS: readonly Example[] = [
  ["revision-timeout-seconds", "300", "Longest time of a request."],
  ["max-revision-timeout-seconds", "600", "Largest timeoutSeconds that a Revision may ask for."],
  ["revision-response-start-timeout-seconds", "300", "Longest wait for the first byte of a response."],
  ["revision-idle-timeout-seconds", "0", "Longest time without a byte of the response; 0: no limit."],
  ["container-name-template", "user-container", "Name of containers without a name. A Go template over ObjectMeta."],
  ["init-container-name-template", "init-container", "Name of init containers without a name."],
  ["container-concurrency", "0", "Requests at a time per container; 0: no limit."],
  ["container-concurrency-max-limit", "1000", "Largest containerConcurrency that a Revision may ask for."],
  ["allow-container-concurrency-zero", "true", "Whether containerConcurrency may be 0."],
  [
    "enable-service-links",
    "false",
    "Whether containers get variables about Services; `default` leaves it to Kubernetes.",
  ],
];

const DEPLOYMENT: readonly Example[] = [
  ["queue-sidecar-image", "knap.local/queue-proxy", "Image in the template of the queue-proxy, which runs in knap."],
  ["registries-skipping-tag-resolving", "kind.local,ko.local,dev.local", "Registries whose tags get no digest."],
  ["digest-resolution-timeout", "10s", "Longest time to find the digest of an image."],
  ["progress-deadline", "600s", "Time after which a Revision that does not become ready has failed."],
  ["queue-sidecar-cpu-request", "25m", "Requested cpu of the queue-proxy."],
  ["queue-sidecar-token-audiences", "", "Audiences of tokens for the queue-proxy, separated by commas."],
  ["queue-sidecar-rootca", "", "Certificates that the queue-proxy trusts, in PEM."],
  ["runtime-class-name", "", "Runtime classes by name, each with a selector of labels. A YAML mapping."],
  ["default-affinity-type", "prefer-spread-revision-over-nodes", "Affinity of pods without one; or `none`."],
  ["pod-is-always-schedulable", "false", "Whether a Revision waits for pods that no node can take."],
];

const GC: readonly Example[] = [
  ["retain-since-create-time", "48h", "Age up to which a Revision stays; or `disabled`."],
  ["retain-since-last-active-time", "15h", "Time since its last traffic up to which a Revision stays; or `disabled`."],
  ["min-non-active-revisions", "20", "Revisions without traffic that always stay."],
  ["max-non-active-revisions", "1000", "Revisions without traffic above which the oldest are deleted; or `disabled`."],
];

const NETWORK: readonly Example[] = [
  [
    "ingress-class",
    "istio.ingress.networking.knative.dev",
    "Class of Ingresses. knap serves Ingresses of every class.",
  ],
  ["certificate-class", "cert-manager.certificate.networking.knative.dev", "Class of Certificates."],
  ["domain-template", "{{.Name}}.{{.Namespace}}.{{.Domain}}", "Host of a Route. A Go template."],
  ["tag-template", "{{.Tag}}-{{.Name}}", "First part of the host of a traffic tag. A Go template."],
  ["external-domain-tls", "disabled", "Whether public hosts get certificates and https URLs."],
  ["cluster-local-domain-tls", "disabled", "Whether hosts inside the cluster get certificates."],
  ["system-internal-tls", "disabled", "Whether traffic between Knative's components is encrypted."],
  ["http-protocol", "enabled", "`redirected`: http requests to hosts with certificates are redirected to https."],
  ["default-external-scheme", "http", "Scheme of public URLs."],
  ["rollout-duration", "0", "Seconds over which traffic moves to a new Revision; 0: at once."],
  ["autocreate-cluster-domain-claims", "false", "Whether a DomainMapping claims its domain itself."],
  [
    "mesh-compatibility-mode",
    "auto",
    "Whether pods are reached through their Services: `enabled`, `disabled`, `auto`.",
  ],
  ["enable-mesh-pod-addressability", "false", "Whether a mesh can reach single pods."],
  ["namespace-wildcard-cert-selector", "", "Namespaces with wildcard certificates. A YAML label selector."],
];

const OBSERVABILITY: readonly Example[] = [
  ["logging.enable-request-log", "false", "Whether each request is logged."],
  ["logging.enable-probe-request-log", "false", "Whether probes are logged too."],
  ["logging.enable-var-log-collection", "false", "Whether /var/log of the containers is a shared volume."],
  ["logging.revision-url-template", "", "Link to the logs of a Revision, in its status."],
  ["request-metrics-protocol", "none", "Export of request metrics: none, prometheus, grpc, http/protobuf."],
  ["request-metrics-endpoint", "", "Address for the request metrics."],
  ["request-metrics-export-interval", "0s", "Time between exports of request metrics; 0: the default of the protocol."],
  ["metrics-protocol", "none", "Export of metrics of Knative's components."],
  ["metrics-endpoint", "", "Address for the metrics."],
  ["metrics-export-interval", "0s", "Time between exports of metrics; 0: the default of the protocol."],
  ["tracing-protocol", "none", "Export of traces: none, stdout, grpc, http/protobuf."],
  ["tracing-endpoint", "", "Address for the traces."],
  ["tracing-sampling-rate", "0", "Fraction of the requests that are traced, from 0 to 1."],
  ["runtime-profiling", "disabled", "Whether the components serve profiles."],
  ["runtime-export-interval", "15s", "Time between exports of metrics about the Go runtime."],
];

const FEATURES: readonly Example[] = [
  ...Object.entries(GATES).map(([key, state]): Example => [key, state.toLowerCase(), aboutGate(key)]),
  ["secure-pod-defaults", "disabled", "Whether security contexts get stricter defaults; or `AllowRootBounded`."],
];

function aboutGate(key: string): string {
  const field = /^kubernetes\.(podspec|containerspec)-(.+)$/.exec(key)?.[2];
  if (field !== undefined) return `Whether a template may use ${field}: enabled, allowed or disabled.`;
  return "A gate of Knative: enabled or disabled.";
}

const TABLES: Readonly<Record<string, readonly Example[]>> = {
  "config-autoscaler": AUTOSCALER,
  "config-defaults": DEFAULTS,
  "config-deployment": DEPLOYMENT,
  "config-domain": [
    ["example.com", "", "A domain of Routes. Its value may be a YAML mapping with a selector of labels."],
  ],
  "config-features": FEATURES,
  "config-gc": GC,
  "config-network": NETWORK,
  "config-observability": OBSERVABILITY,
};

const HEAD =
  "# These lines have no effect. To change a setting, put its key and value into `data`, beside `_example`.\n";

/** The ConfigMaps that knap reads, by name, each with the text of its `_example`. */
export const configExamples: ReadonlyMap<string, string> = new Map(
  Object.entries(TABLES).map(([name, rows]) => [name, `${HEAD}${rows.map(exampleText).join("")}`] as const),
);

function exampleText([key, value, about]: Example): string {
  return `\n# ${about}\n${key}: ${JSON.stringify(value)}\n`;
}

/** Returns the keys and defaults of a ConfigMap's `_example`. */
export function exampleData(name: string): StringMap {
  return Object.fromEntries((TABLES[name] ?? []).map(([key, value]) => [key, value]));
}
