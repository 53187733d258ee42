// Computes the quality-of-service class of a pod. Pure.
// Source: k8s.io/kubernetes/pkg/apis/core/v1/helper/qos.
import type { StoredPod } from "../../../apis/core/pod.ts";
import { quantityNumber } from "../../../base/go/quantity.ts";

/** `Guaranteed`, `Burstable` or `BestEffort`. */
export function qosClass(pod: StoredPod): string {
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const named = containers.map(({ resources }) => ({
    limits: resources?.limits ?? {},
    requests: resources?.requests ?? {},
  }));
  const asksNothing = named.every(({ limits, requests }) => !hasComputing(limits) && !hasComputing(requests));
  if (asksNothing) return "BestEffort";
  const exact = named.every(({ limits, requests }) =>
    ["cpu", "memory"].every((name) => {
      const limit = limits[name];
      return limit !== undefined && quantityNumber(requests[name] ?? limit) === quantityNumber(limit);
    }),
  );
  return exact ? "Guaranteed" : "Burstable";
}

function hasComputing(amounts: Readonly<Record<string, string | number>>): boolean {
  return amounts["cpu"] !== undefined || amounts["memory"] !== undefined;
}
