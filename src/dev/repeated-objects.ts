// Handles files that define an object several times, as Knative's samples do: each document is applied in its turn.
import { keyOf, keyText, type ObjectKey } from "../apis/meta/key.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import { sleep } from "../base/sleep.ts";
import type { Client } from "../client/client.ts";

const SERVICE = "Service.serving.knative.dev";
const POLL_MS = 20;
const MAX_WAIT_MS = 10_000;

const textOf = (object: AnyObject): string => keyText(keyOf(object));

/** Remembers the documents of repeated objects, so that watch mode applies the earlier ones only if one has changed. */
export class RepeatedObjects {
  /** Object → its documents as text. */
  #applied: ReadonlyMap<string, string> = new Map();
  #given: ReadonlyMap<string, string> = new Map();

  /** Returns the documents to apply. Call {@link markApplied} once all of them are applied. */
  due(objects: readonly AnyObject[]): readonly AnyObject[] {
    const groups = new Map<string, AnyObject[]>();
    for (const object of objects) groups.set(textOf(object), [...(groups.get(textOf(object)) ?? []), object]);
    const repeated = [...groups].filter(([, documents]) => documents.length > 1);
    this.#given = new Map(repeated.map(([key, documents]) => [key, JSON.stringify(documents)]));
    return objects.filter((object) => {
      const key = textOf(object);
      return groups.get(key)?.at(-1) === object || this.#given.get(key) !== this.#applied.get(key);
    });
  }

  markApplied(): void {
    this.#applied = this.#given;
  }
}

/**
 * Resolves when Knative has acted on the last write of the object, at the latest after 10 s. Otherwise the next write
 * would replace the object before its Revision exists.
 */
export async function untilReconciled(client: Client, object: AnyObject, signal: AbortSignal): Promise<void> {
  const key = keyOf(object);
  const configuration: ObjectKey = { ...key, kind: "Configuration.serving.knative.dev" };
  const keys = key.kind === SERVICE ? [key, configuration] : [key];
  const end = performance.now() + MAX_WAIT_MS;
  while (!signal.aborted && performance.now() < end) {
    const stored = await Promise.all(keys.map((key) => client.get(key)));
    if (stored.every(isObserved)) return;
    await sleep(POLL_MS, signal);
  }
}

/** Returns true if the controller has seen the newest spec. Objects of other groups have no controller to wait for. */
function isObserved(object: AnyObject | undefined): boolean {
  if (object === undefined || !object.apiVersion.startsWith("serving.knative.dev/")) return object !== undefined;
  const { observedGeneration } = (object.status ?? {}) as { readonly observedGeneration?: number };
  return observedGeneration === object.metadata.generation;
}
