// Records syncs as a Kubernetes Event of the revision: one Event a revision, with a count.
import type { Event } from "../apis/core/types.ts";
import { parseNamespacedName } from "../apis/meta/key.ts";
import type { Client } from "../client/client.ts";

const MOST_FILES = 3;

/** `service`: `namespace/name`. `files`: their names; empty: only a restart. */
export async function recordSync(client: Client, service: string, files: readonly string[]): Promise<void> {
  const { namespace, name } = parseNamespacedName(service);
  const owner = await client.get({ kind: "Service.serving.knative.dev", namespace, name });
  const revision = owner?.status?.latestCreatedRevisionName;
  const object = revision && (await client.get({ kind: "Revision.serving.knative.dev", namespace, name: revision }));
  if (!object) return;
  const more = files.length > MOST_FILES ? ` and ${files.length - MOST_FILES} more` : "";
  const message = `Synced ${files.slice(0, MOST_FILES).join(", ")}${more} into the instances`;
  const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const key = { kind: "Event", namespace, name: `${revision}.synced` } as const;
  const before = await client.get(key);
  if (before !== undefined) {
    await client.update({ ...before, message, count: (before.count ?? 1) + 1, lastTimestamp: now });
    return;
  }
  const { apiVersion, kind, metadata } = object;
  const involvedObject = { apiVersion, kind, namespace, name: metadata.name, uid: metadata.uid };
  const times = { count: 1, firstTimestamp: now, lastTimestamp: now };
  const event: Event = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { namespace, name: key.name },
    involvedObject,
    type: "Normal",
    reason: "Synced",
    message,
    ...times,
    source: { component: "knap" },
  };
  await client.create(event);
}
