// Reads how many pods and requests the Services of a session have at this moment.
import { isPodServing } from "../../apis/core/pod.ts";
import { type NamespacedName, namespacedName } from "../../apis/meta/key.ts";
import type { StringMap } from "../../apis/meta/object.ts";
import { SERVICE_LABEL } from "../../apis/serving/labels.ts";
import type { Client } from "../../client/client.ts";
import type { Live } from "../../client/live.ts";

export interface Scale {
  readonly ready: number;
  /** The replicas of the Deployments: the autoscaler's decision within the bounds of scale. */
  readonly wanted: number;
  /** Running and waiting requests. */
  readonly concurrency: number;
  /** Requests since the Service was created. */
  readonly requests: number;
}

/** The scale of each Service. `only`: read no other Service. */
export async function readScales(
  client: Client,
  live: Live,
  only?: { readonly namespace: string; readonly name: string },
): Promise<ReadonlyMap<NamespacedName, Scale>> {
  const filter = only && { namespace: only.namespace, labels: { matchLabels: { [SERVICE_LABEL]: only.name } } };
  const [revisions, deployments, pods] = await Promise.all([
    client.list("Revision.serving.knative.dev", filter),
    client.list("Deployment.apps", filter),
    client.list("Pod", filter),
  ]);
  const scales = new Map<NamespacedName, Scale>();
  const add = (
    { namespace, labels }: { readonly namespace: string; readonly labels?: StringMap },
    more: Partial<Scale>,
  ): void => {
    const name = labels?.[SERVICE_LABEL];
    if (name === undefined) return;
    const key = namespacedName({ namespace, name });
    const requests = Object.values(live.services[key]?.observed ?? {}).reduce((sum, count) => sum + count, 0);
    const { ready, wanted, concurrency } = scales.get(key) ?? { ready: 0, wanted: 0, concurrency: 0 };
    scales.set(key, {
      ready: ready + (more.ready ?? 0),
      wanted: wanted + (more.wanted ?? 0),
      concurrency: concurrency + (more.concurrency ?? 0),
      requests,
    });
  };
  for (const { metadata } of revisions.items) {
    const { inFlight = 0, waiting = 0 } = live.revisions[namespacedName(metadata)] ?? {};
    add(metadata, { concurrency: inFlight + waiting });
  }
  for (const { metadata, spec } of deployments.items) add(metadata, { wanted: spec.replicas ?? 0 });
  for (const pod of pods.items) if (isPodServing(pod)) add(pod.metadata, { ready: 1 });
  return scales;
}
