// Computes the resources of queue-proxy. Annotations override a percentage of the user container's resources, which
// overrides config-deployment. Source: pkg/reconciler/revision/resources/queue.go, resourceboundary.go.
import type { ServingConfig } from "../../../apis/config/types.ts";
import type { Container, Quantity, ResourceRequirements } from "../../../apis/core/pod-spec.ts";
import type { StringMap } from "../../../apis/meta/object.ts";
import { firstOf } from "../../../apis/serving/labels.ts";
import { parseFloat64 } from "../../../base/go/number.ts";
import { formatQuantity, parseQuantity } from "../../../base/go/quantity.ts";

const PREFIX = "queue.sidecar.serving.knative.dev/";
const NANO = 1_000_000_000n;
const MILLI = 1_000_000n;
const MI = 1024n * 1024n * NANO;

type Side = "requests" | "limits";
interface Share {
  readonly resource: "cpu" | "memory";
  readonly side: Side;
  readonly least: bigint;
  readonly most: bigint;
}
const shares: readonly Share[] = [
  { resource: "cpu", side: "requests", least: 25n * MILLI, most: 100n * MILLI },
  { resource: "cpu", side: "limits", least: 40n * MILLI, most: 500n * MILLI },
  { resource: "memory", side: "requests", least: 50n * MI, most: 200n * MI },
  { resource: "memory", side: "limits", least: 200n * MI, most: 500n * MI },
];
/** Defaults of the gate queueproxy.resource-defaults for values that config-deployment does not set. */
const gateDefaults = { requests: { memory: "400Mi" }, limits: { cpu: "1", memory: "800Mi" } } as const;

/** `serving`: the user container that gets the requests. */
export function makeQueueResources(
  config: ServingConfig,
  annotations: StringMap | undefined,
  serving: Container | undefined,
): ResourceRequirements {
  const withDefaults = config.features.gates["queueproxy.resource-defaults"] === "Enabled";
  const configured = config.deployment.queueSidecarResources;
  const made: Record<Side, Record<string, string>> = {
    requests: { ...(withDefaults ? gateDefaults.requests : {}), ...configured.requests },
    limits: { ...(withDefaults ? gateDefaults.limits : {}), ...configured.limits },
  };
  const fraction = fractionOf(annotations);
  for (const share of fraction === undefined ? [] : shares) {
    const asked = shareOf(serving?.resources?.[share.side]?.[share.resource], fraction as number, share);
    if (asked !== undefined) made[share.side][share.resource] = asked;
  }
  for (const side of ["requests", "limits"] as const) {
    for (const resource of ["cpu", "memory", "ephemeral-storage"]) {
      const text = annotations?.[`${PREFIX}${resource}-resource-${side === "requests" ? "request" : "limit"}`];
      const quantity = text === undefined ? undefined : parseQuantity(text);
      if (quantity?.ok) made[side][resource] = formatQuantity(quantity.value);
    }
  }
  return {
    ...(Object.keys(made.limits).length > 0 ? { limits: made.limits } : {}),
    ...(Object.keys(made.requests).length > 0 ? { requests: made.requests } : {}),
  };
}

function fractionOf(annotations: StringMap | undefined): number | undefined {
  const text = firstOf(annotations, [`${PREFIX}resource-percentage`, `${PREFIX}resourcePercentage`]);
  const percentage = text === undefined ? undefined : parseFloat64(text);
  return percentage?.ok ? percentage.value / 100 : undefined;
}

/** Returns a fraction of the user container's quantity, within bounds; undefined if the container has no quantity. */
function shareOf(asked: Quantity | undefined, fraction: number, { least, most }: Share): string | undefined {
  const quantity = asked === undefined ? undefined : parseQuantity(String(asked));
  if (!quantity?.ok || quantity.value.nano === 0n) return undefined;
  const milli = BigInt(Math.trunc((Number(quantity.value.nano) / 1e6) * fraction));
  const scaled = milli * MILLI;
  const bounded = scaled < least ? least : scaled > most ? most : scaled;
  return formatQuantity({ nano: bounded, format: "binary" });
}
