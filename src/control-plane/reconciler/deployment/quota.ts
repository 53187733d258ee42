// Checks ResourceQuotas for a new Pod.
import { isPodActive } from "../../../apis/core/pod.ts";
import type { PodSpec, Quantity } from "../../../apis/core/pod-spec.ts";
import type { Pod, ResourceQuota } from "../../../apis/core/types.ts";
import { formatQuantity, parseQuantity } from "../../../base/go/quantity.ts";

/** Returns Kubernetes' error text if a quota refuses the Pod; undefined if all quotas allow it. */
export function quotaRefusal(pod: Pod, pods: readonly Pod[], quotas: readonly ResourceQuota[]): string | undefined {
  for (const quota of quotas) {
    const over = Object.entries(quota.spec?.hard ?? {}).flatMap(([resource, hard]) => {
      const requested = amountOf(pod.spec, resource);
      if (requested === undefined) return [];
      const used = pods.filter(isPodActive).reduce((sum, other) => sum + (amountOf(other.spec, resource) ?? 0n), 0n);
      const limit = nano(hard);
      return used + requested > limit ? [{ resource, requested, used, hard }] : [];
    });
    if (over.length === 0) continue;
    const list = (value: (item: (typeof over)[number]) => string) =>
      over.map((item) => `${item.resource}=${value(item)}`).join(",");
    return (
      `pods "${pod.metadata.name}" is forbidden: exceeded quota: ${quota.metadata.name}, ` +
      `requested: ${list(({ requested }) => text(requested))}, used: ${list(({ used }) => text(used))}, ` +
      `limited: ${list(({ hard }) => String(hard))}`
    );
  }
  return undefined;
}

/** Returns how much of a quota's resource a pod uses, in billionths; undefined if pods do not use the resource. */
function amountOf(spec: PodSpec, resource: string): bigint | undefined {
  if (resource === "pods" || resource === "count/pods") return nano("1");
  const [, side, name] = /^(requests\.|limits\.)?(cpu|memory|ephemeral-storage)$/.exec(resource) ?? [];
  if (name === undefined) return undefined;
  return sumOf(spec, side === "limits." ? "limits" : "requests", name);
}

/** Returns the sum over all containers, in billionths. A Pod without containers must not stop the others. */
export function sumOf(spec: Partial<PodSpec>, side: "limits" | "requests", resource: string): bigint {
  return (spec.containers ?? []).reduce((sum, { resources }) => sum + nano(resources?.[side]?.[resource] ?? "0"), 0n);
}

/** Returns a quantity in billionths; 0 if it is not valid. */
export function nano(quantity: Quantity): bigint {
  const read = parseQuantity(String(quantity));
  return read.ok ? read.value.nano : 0n;
}

function text(amount: bigint): string {
  return formatQuantity({ nano: amount, format: "decimal" });
}
