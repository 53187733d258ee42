// Records syncs as a Kubernetes Event of the revision: one Event a revision, with a count.
import type { Event } from "../apis/core/types.ts";
import { parseNamespacedName } from "../apis/meta/key.ts";
import { countText, filesText } from "../base/count-text.ts";
import type { Client } from "../client/client.ts";
import type { DevEvent } from "./dev-event.ts";

type Synced = Extract<DevEvent, { type: "synced" }>;

/** The times of the last save as JSON, in ms since the file was written. */
const TIMES_ANNOTATION = "knap.dev/save-times";

function messageOf({ files, copied, instances, times }: Synced): string {
  const names = filesText(files);
  if (instances === 0) return `The next instances have ${names}`;
  const count = countText(instances, "instance");
  const what = copied === 0 ? `Restarted ${count} with ${names}` : `Synced ${names} to ${count}`;
  if (times.servedMs === undefined) return `${what}; not served yet`;
  return `${what}; served ${Math.round(times.servedMs)} ms after the save`;
}

export async function recordSync(client: Client, synced: Synced): Promise<void> {
  const { namespace, name } = parseNamespacedName(synced.service);
  const owner = await client.get({ kind: "Service.serving.knative.dev", namespace, name });
  const revision = owner?.status?.latestCreatedRevisionName;
  const object = revision && (await client.get({ kind: "Revision.serving.knative.dev", namespace, name: revision }));
  if (!object) return;
  const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const key = { kind: "Event", namespace, name: `${revision}.synced` } as const;
  const before = await client.get(key);
  const annotations = { [TIMES_ANNOTATION]: JSON.stringify(synced.times) };
  const last = { message: messageOf(synced), count: (before?.count ?? 0) + 1, lastTimestamp: now };
  if (before !== undefined) {
    await client.update({ ...before, ...last, metadata: { ...before.metadata, annotations } });
    return;
  }
  const { apiVersion, kind, metadata } = object;
  const event: Event = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { namespace, name: key.name, annotations },
    involvedObject: { apiVersion, kind, namespace, name: metadata.name, uid: metadata.uid },
    type: "Normal",
    reason: "Synced",
    firstTimestamp: now,
    ...last,
    source: { component: "knap" },
  };
  await client.create(event);
}
