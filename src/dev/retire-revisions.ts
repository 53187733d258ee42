// Finds what watch mode deletes: old revisions after a rebuild, and objects that the files no longer contain.
import { keyOf, keyText, type ObjectKey } from "../apis/meta/key.ts";
import { debugOf } from "../apis/serving/debug.ts";
import { CONFIGURATION_GENERATION_LABEL, SERVICE_LABEL } from "../apis/serving/labels.ts";
import type { Revision, Service } from "../apis/serving/types.ts";
import type { Time } from "../base/clock.ts";
import type { Client } from "../client/client.ts";
import type { Project } from "../project/project.ts";

const generationOf = ({ labels }: Revision["metadata"]): number =>
  Number(labels?.[CONFIGURATION_GENERATION_LABEL] ?? 0);

/** Returns true if the Service serves its newest template. */
export function hasSettled({ metadata, status }: Service): boolean {
  const ready = status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";
  const newest = status?.latestReadyRevisionName === status?.latestCreatedRevisionName;
  return ready && newest && status?.observedGeneration === metadata.generation;
}

/** Revisions older than the one that is ready, which no traffic target names and no debugger holds. Pure. */
export function retiredRevisions(service: Service, revisions: readonly Revision[]): readonly Revision[] {
  const { latestReadyRevisionName, traffic = [] } = service.status ?? {};
  const routed = new Set(traffic.map(({ revisionName }) => revisionName));
  const latest = revisions.find(({ metadata }) => metadata.name === latestReadyRevisionName);
  if (latest === undefined) return [];
  return revisions.filter(
    ({ metadata }) =>
      generationOf(metadata) < generationOf(latest.metadata) && !routed.has(metadata.name) && !debugOf(metadata),
  );
}

/** Deletes the retired revisions of a Service. Call it only once the Service has settled. */
export async function retireRevisions(client: Client, service: Service): Promise<void> {
  const { namespace = "default", name } = service.metadata;
  const labels = { matchLabels: { [SERVICE_LABEL]: name } };
  const { items } = await client.list("Revision.serving.knative.dev", { namespace, labels });
  for (const { metadata } of retiredRevisions(service, items)) {
    await client.delete({ kind: "Revision.serving.knative.dev", namespace, name: metadata.name });
  }
}

/** How long an object must be missing before it is deleted: editors may save by deleting and writing the file. */
export const DELETE_GRACE_MS = 2000;

const keysOf = ({ objects }: Project): ReadonlyMap<string, ObjectKey> =>
  new Map(objects.map((object) => [keyText(keyOf(object)), keyOf(object)]));

/** Compares each project with the previous one. Does not delete objects itself. */
export class GoneObjects {
  #known: ReadonlyMap<string, ObjectKey>;
  readonly #missing = new Map<string, { readonly key: ObjectKey; readonly since: Time }>();

  constructor(project: Project) {
    this.#known = keysOf(project);
  }

  /** Returns as `due` the objects to delete now. `waiting`: other objects are missing for a shorter time. */
  compare(next: Project, now: Time): { readonly due: readonly ObjectKey[]; readonly waiting: boolean } {
    const kept = keysOf(next);
    for (const [text, key] of this.#known) {
      if (!kept.has(text) && !this.#missing.has(text)) this.#missing.set(text, { key, since: now });
    }
    this.#known = kept;
    const due: ObjectKey[] = [];
    for (const [text, { key, since }] of this.#missing) {
      const isDue = now - since >= DELETE_GRACE_MS;
      if (isDue) due.push(key);
      if (isDue || kept.has(text)) this.#missing.delete(text);
    }
    return { due: due.filter((key) => !kept.has(keyText(key))), waiting: this.#missing.size > 0 };
  }
}
