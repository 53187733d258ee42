// Watches a session through its API and passes progress events on, until aborted. Plain and JSON output use it.

import { setMaxListeners } from "node:events";
import type { Kind, ObjectOf } from "../../apis/kinds.ts";
import { sleep } from "../../base/sleep.ts";
import type { Client } from "../../client/client.ts";
import type { Live } from "../../client/live.ts";
import type { ProgressEvent } from "./progress-event.ts";
import type { ProgressTracker } from "./progress-tracker.ts";

/** Poll interval of the figures that stand in no object. */
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
    // A session that is stopping no longer responds; the abort signal follows.
    const live = await client.knap<Live>("GET", "/live").catch(() => undefined);
    if (live !== undefined) for (const event of tracker.live(live)) render(event);
    await sleep(LIVE_INTERVAL_MS, signal);
  }
}

/** Resolves once aborted. A watch breaks only because the session ends, so its error is ignored. */
export async function followSession(parts: FollowParts): Promise<void> {
  const { tracker } = parts;
  // More than ten watches listen to this signal.
  setMaxListeners(0, parts.signal);
  await Promise.allSettled([
    followKind(parts, "Revision.serving.knative.dev", (revision) => tracker.revision(revision)),
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
