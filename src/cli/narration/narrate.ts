// Follows a session through its API and tells happenings, until aborted. Used by plain and JSON output.
import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Kind, ObjectOf } from "../../apis/kinds.ts";
import type { Client } from "../../client/client.ts";
import type { Live } from "../../client/live.ts";
import type { Happening } from "./happening.ts";
import type { Narrator } from "./narrator.ts";

/** How often the figures that no object carries are asked for. */
const LIVE_EVERY_MS = 1000;

export interface Narration {
  readonly client: Client;
  readonly narrator: Narrator;
  readonly signal: AbortSignal;
  tell(happening: Happening): void;
}

async function follow<K extends Kind>(
  { client, signal, tell }: Narration,
  kind: K,
  observe: (object: ObjectOf<K>, deleted: boolean) => readonly Happening[],
): Promise<void> {
  for await (const event of client.watch(kind, { signal })) {
    if (event.type === "RESTART") continue;
    for (const happening of observe(event.object, event.type === "DELETED")) tell(happening);
  }
}

async function followLive({ client, narrator, signal, tell }: Narration): Promise<void> {
  while (!signal.aborted) {
    // A session that is ending answers no more; the signal follows.
    const live = await client.knap<Live>("GET", "/live").catch(() => undefined);
    if (live !== undefined) for (const happening of narrator.live(live)) tell(happening);
    await sleep(LIVE_EVERY_MS, undefined, { signal }).catch(() => {});
  }
}

/** Resolves once aborted; a watch that breaks is one the session ended. */
export async function narrate(narration: Narration): Promise<void> {
  const { narrator } = narration;
  // Every watch listens to it.
  setMaxListeners(0, narration.signal);
  const all = [
    follow(narration, "Revision.serving.knative.dev", (revision) => narrator.revision(revision)),
    follow(narration, "Service.serving.knative.dev", (service, deleted) => narrator.service(service, deleted)),
    follow(narration, "DomainMapping.serving.knative.dev", (mapping, deleted) => narrator.mapping(mapping, deleted)),
    follow(narration, "PodAutoscaler.autoscaling.internal.knative.dev", (scaler, deleted) => {
      if (!deleted) narrator.scale(scaler);
      return [];
    }),
    follow(narration, "Event", (event, deleted) => (deleted ? [] : narrator.event(event))),
    followLive(narration),
  ];
  await Promise.allSettled(all);
}
