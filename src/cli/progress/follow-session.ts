// Watches a session through its API and reports progress events until the signal aborts.
import { setMaxListeners } from "node:events";
import type { Kind, ObjectOf } from "../../apis/kinds.ts";
import { sleep } from "../../base/sleep.ts";
import type { Client } from "../../client/client.ts";
import type { Live } from "../../client/live.ts";
import type { ProgressEvent } from "./progress-event.ts";
import type { ProgressTracker } from "./progress-tracker.ts";

/** How often the figures are polled that no object contains. */
const LIVE_INTERVAL_MS = 1000;

export interface FollowParts {
  readonly client: Client;
  readonly tracker: ProgressTracker;
  readonly signal: AbortSignal;
  render(event: ProgressEvent): void;
}

async function followKind<K extends Kind>(
  { client, signal, render }: FollowParts,
  kind: K,
  track: (object: ObjectOf<K>, deleted: boolean) => readonly ProgressEvent[],
): Promise<void> {
  for await (const change of client.watch(kind, { signal })) {
    if (change.type === "RESTART") continue;
    for (const event of track(change.object, change.type === "DELETED")) render(event);
  }
}

async function followLive({ client, tracker, signal, render }: FollowParts): Promise<void> {
  while (!signal.aborted) {
    // A stopping session does not respond. The signal aborts soon after.
    const live = await client.knap<Live>("GET", "/live").catch(() => undefined);
    if (live !== undefined) for (const event of tracker.live(live)) render(event);
    await sleep(LIVE_INTERVAL_MS, signal);
  }
}

/** Resolves once the signal aborts. Watches fail only because the session ends, so their errors are ignored. */
export async function followSession(parts: FollowParts): Promise<void> {
  const { tracker } = parts;
  // Node warns about more than ten listeners.
  setMaxListeners(0, parts.signal);
  await Promise.allSettled([
    followKind(parts, "Revision.serving.knative.dev", (revision) => tracker.revision(revision)),
    followKind(parts, "Pod", (pod, deleted) => tracker.pod(pod, deleted)),
    followKind(parts, "Service.serving.knative.dev", (service, deleted) => tracker.service(service, deleted)),
    followKind(parts, "DomainMapping.serving.knative.dev", (mapping, deleted) => tracker.mapping(mapping, deleted)),
    followKind(parts, "PodAutoscaler.autoscaling.internal.knative.dev", (scaler, deleted) => {
      if (!deleted) tracker.scale(scaler);
      return [];
    }),
    followKind(parts, "Event", (event, deleted) => (deleted ? [] : tracker.event(event))),
    followLive(parts),
  ]);
}
