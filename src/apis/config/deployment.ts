// Parses and checks ConfigMap config-deployment: digest resolution, deadlines and the queue-proxy container.
// Source: pkg/deployment/config.go.
import { durationMs, formatDuration, isWholeSeconds } from "../../base/go/duration.ts";
import { quote } from "../../base/go/quote.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import { struct } from "../fields/field.ts";
import { dns1123SubdomainErrors, labelValueErrors, qualifiedNameErrors } from "../meta/names.ts";
import type { StringMap } from "../meta/object.ts";
import { makeConfigReader } from "./reader.ts";
import type { DeploymentConfig } from "./types.ts";
import { decodeYaml } from "./yaml-value.ts";

const SECOND = 1_000_000_000n;
const AFFINITY = "default-affinity-type";
const RUNTIME_CLASS = "runtime-class-name";
type RuntimeClasses = DeploymentConfig["runtimeClassNames"];
const selectorStruct = struct("deployment.RuntimeClassNameLabelSelector", { selector: "map[string]string" });
/** Older name of a key → its name. */
const OLDER_NAMES = new Map([
  ["queueSidecarImage", "queue-sidecar-image"],
  ["progressDeadline", "progress-deadline"],
  ["digestResolutionTimeout", "digest-resolution-timeout"],
  ["registriesSkippingTagResolving", "registries-skipping-tag-resolving"],
  ["queueSidecarCPURequest", "queue-sidecar-cpu-request"],
  ["queueSidecarMemoryRequest", "queue-sidecar-memory-request"],
  ["queueSidecarEphemeralStorageRequest", "queue-sidecar-ephemeral-storage-request"],
  ["queueSidecarCPULimit", "queue-sidecar-cpu-limit"],
  ["queueSidecarMemoryLimit", "queue-sidecar-memory-limit"],
  ["queueSidecarEphemeralStorageLimit", "queue-sidecar-ephemeral-storage-limit"],
]);

/** Returns the error that Knative reports first. */
export function parseDeploymentConfig(given: StringMap): Result<DeploymentConfig> {
  const older = Object.entries(given).map(([key, value]) => [OLDER_NAMES.get(key) ?? key, value] as const);
  const data: StringMap = { ...Object.fromEntries(older), ...given };
  const read = makeConfigReader(data);
  const deadline = read.duration("progress-deadline", 600n * SECOND);
  const digestTimeout = read.duration("digest-resolution-timeout", 10n * SECOND);
  const affinity = data[AFFINITY] ?? "prefer-spread-revision-over-nodes";
  const runtimeClasses = decodeYaml<RuntimeClasses>(read.text(RUNTIME_CLASS, ""), { map: selectorStruct });
  const config: DeploymentConfig = {
    queueSidecarImage: read.text("queue-sidecar-image", ""),
    registriesSkippingTagResolving: new Set(
      read.list("registries-skipping-tag-resolving", ["kind.local", "ko.local", "dev.local"]),
    ),
    digestResolutionTimeoutMs: durationMs(digestTimeout),
    progressDeadlineMs: durationMs(deadline),
    queueSidecarResources: {
      requests: { cpu: "25m", ...read.resources("queue-sidecar", "request") },
      limits: read.resources("queue-sidecar", "limit"),
    },
    queueSidecarTokenAudiences: read.list("queue-sidecar-token-audiences", []).filter((item) => item !== ""),
    queueSidecarRootCa: read.text("queue-sidecar-rootca", ""),
    runtimeClassNames: (runtimeClasses.ok ? runtimeClasses.value : undefined) ?? {},
    defaultAffinityType: affinity === "none" ? "none" : "prefer-spread-revision-over-nodes",
    podIsAlwaysSchedulable: read.bool("pod-is-always-schedulable", false),
  };
  if (read.error !== undefined) return failed(read.error);
  if (config.queueSidecarImage === "") return failed("queue-sidecar-image cannot be empty or unset");
  if (deadline <= 0n) {
    return failed(`progress-deadline cannot be a non-positive duration, was ${formatDuration(deadline)}`);
  }
  if (!isWholeSeconds(deadline)) {
    return failed(`progress-deadline must be rounded to a whole second, was: ${formatDuration(deadline)}`);
  }
  if (digestTimeout <= 0n) {
    return failed(`digest-resolution-timeout cannot be a non-positive duration, was ${formatDuration(digestTimeout)}`);
  }
  if (affinity !== config.defaultAffinityType) return failed(`unsupported ${AFFINITY} value: "${affinity}"`);
  if (!runtimeClasses.ok) {
    return failed(`${RUNTIME_CLASS} cannot be parsed, please check the format: ${runtimeClasses.error}`);
  }
  const error = runtimeClassError(config.runtimeClassNames);
  return error === undefined ? ok(config) : failed(error);
}

function runtimeClassError(classes: RuntimeClasses): string | undefined {
  for (const [name, { selector = {} }] of Object.entries(classes)) {
    const errors = dns1123SubdomainErrors(name);
    if (errors.length > 0) return `${RUNTIME_CLASS} ${name} selector not valid DNSSubdomain: [${errors.join(" ")}]`;
    for (const [key, value] of Object.entries(selector)) {
      const error = requirementError(key, value);
      if (error !== undefined) return `${RUNTIME_CLASS} ${name} selector invalid: ${error}`;
    }
  }
  return undefined;
}

/** Returns the error of labels.NewRequirement for `key = value`. */
function requirementError(key: string, value: string): string | undefined {
  const [keyErrors, valueErrors] = [qualifiedNameErrors(key), labelValueErrors(value)];
  const errors = [
    ...(keyErrors.length > 0 ? [`key: Invalid value: ${quote(key)}: ${keyErrors.join("; ")}`] : []),
    ...(valueErrors.length > 0 ? [`values[0][${key}]: Invalid value: ${quote(value)}: ${valueErrors.join("; ")}`] : []),
  ];
  return errors.length > 1 ? `[${errors.join(", ")}]` : errors[0];
}
