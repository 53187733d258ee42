// Parses and checks ConfigMap config-deployment: digest resolution, deadlines and the queue-proxy container.
// Source: pkg/deployment/config.go.
import { durationMs, formatDuration, isWholeSeconds } from "../../base/go/duration.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import type { StringMap } from "../meta/object.ts";
import { nestedMap } from "./nested-map.ts";
import { makeConfigReader } from "./reader.ts";
import type { DeploymentConfig } from "./types.ts";

const SECOND = 1_000_000_000n;
const AFFINITY = "default-affinity-type";
const RUNTIME_CLASS = "runtime-class-name";

/** Returns the error that Knative reports first. */
export function parseDeploymentConfig(data: StringMap): Result<DeploymentConfig> {
  const read = makeConfigReader(data);
  const deadline = read.duration("progress-deadline", 600n * SECOND);
  const digestTimeout = read.duration("digest-resolution-timeout", 10n * SECOND);
  const affinity = data[AFFINITY] ?? "prefer-spread-revision-over-nodes";
  const runtimeClasses = nestedMap(data[RUNTIME_CLASS] ?? "", "map[string]deployment.RuntimeClassNameLabelSelector");
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
    runtimeClassNames: runtimeClassNames(runtimeClasses.ok ? runtimeClasses.value : {}),
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
  return ok(config);
}

function runtimeClassNames(tree: Readonly<Record<string, unknown>>): DeploymentConfig["runtimeClassNames"] {
  const entries = Object.entries(tree).map(([name, value]) => {
    const selector =
      typeof value === "object" ? (value as { selector?: Record<string, string> } | null)?.selector : undefined;
    return [name, selector && typeof selector === "object" ? { selector } : {}] as const;
  });
  return Object.fromEntries(entries);
}
