// Fills the store from the session's API: watches objects and events, polls `GET /live`, follows pod logs.
import { setMaxListeners } from "node:events";
import type { Pod } from "../apis/core/types.ts";
import { namespacedName } from "../apis/meta/key.ts";
import type { Stored } from "../apis/meta/object.ts";
import { SERVICE_LABEL } from "../apis/serving/labels.ts";
import { sleep } from "../base/sleep.ts";
import type { Client } from "../client/client.ts";
import type { Live } from "../client/live.ts";
import type { AppStore } from "./app-state.ts";
import { type WatchedKind, watched } from "./session-model.ts";

const LIVE_EVERY_MS = 1000;
/** The number of old lines to read when a pod's log is opened. */
const OLD_LINES = 20;

interface Feed {
  readonly client: Client;
  readonly store: AppStore;
  readonly signal: AbortSignal;
}

async function watchKind(
  { client, store, signal }: Feed,
  kind: WatchedKind,
  onPod: (pod: Stored<Pod>) => void,
): Promise<void> {
  for await (const event of client.watch(kind, { signal })) {
    if (event.type === "RESTART") {
      store.change({ type: "restart", kind });
      continue;
    }
    store.change({ type: event.type === "DELETED" ? "drop" : "put", kind, object: event.object });
    if (kind === "Pod" && event.type !== "DELETED") onPod(event.object as Stored<Pod>);
  }
}

async function watchEvents({ client, store, signal }: Feed): Promise<void> {
  for await (const event of client.watch("Event", { signal })) {
    if (event.type === "ADDED" || event.type === "MODIFIED") store.change({ type: "event", event: event.object });
  }
}

async function pollLive({ client, store, signal }: Feed): Promise<void> {
  while (!signal.aborted) {
    // Ignore failed requests: a stopping session does not answer, and the abort signal then ends this loop.
    const live = await client.knap<Live>("GET", "/live").catch(() => undefined);
    if (live !== undefined) store.change({ type: "live", live });
    await sleep(LIVE_EVERY_MS, signal);
  }
}

/** Returns a function that starts to follow a pod's log when a container of that pod runs; at most once per pod uid. */
function logFollower({ client, store, signal }: Feed): (pod: Stored<Pod>) => void {
  const followed = new Set<string>();
  return (pod) => {
    const { namespace, name, uid, labels, annotations } = pod.metadata;
    const started = pod.status?.containerStatuses?.some(({ state }) => state?.running !== undefined) ?? false;
    if (!started || followed.has(uid)) return;
    followed.add(uid);
    const service = namespacedName({ namespace, name: labels?.[SERVICE_LABEL] ?? "" });
    const container = annotations?.["kubectl.kubernetes.io/default-container"];
    const read = async (): Promise<void> => {
      const options = { follow: true, tail: OLD_LINES, signal, ...(container && { container }) };
      for await (const text of client.logs({ namespace, name }, options)) store.log({ pod: name, service, text });
    };
    // Reading fails when the pod is deleted; the log is complete then.
    read().catch(() => {});
  };
}

/** Runs all watches, the `/live` poll and the log followers until `signal` is aborted. Never rejects. */
export async function feed(parts: Feed): Promise<void> {
  // Every watch and every pod's log adds a listener. Node's warning about many listeners would garble the screen.
  setMaxListeners(0, parts.signal);
  const follow = logFollower(parts);
  const kinds = Object.keys(watched) as readonly WatchedKind[];
  await Promise.allSettled([
    ...kinds.map((kind) => watchKind(parts, kind, follow)),
    watchEvents(parts),
    pollLive(parts),
  ]);
}
