// Applies objects through the API, one after the other. A refusal is a value and does not stop the others.
import { keyOf, keyText } from "../apis/meta/key.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import { ApiError, type Client } from "../client/client.ts";
import { untilReconciled } from "./repeated-objects.ts";

/** The result of applying one object. */
export type Applied =
  | {
      readonly object: AnyObject;
      readonly verdict: "created" | "configured" | "unchanged";
      readonly warnings: readonly string[];
    }
  | { readonly object: AnyObject; readonly refusal: ApiError };

/**
 * Applies the objects in the given order and calls `onApplied` after each one. Before it applies an object again, it
 * waits until Knative has reconciled that object. Rejects if the signal aborts or the API cannot be reached.
 */
export async function applyObjects(
  client: Client,
  objects: readonly AnyObject[],
  signal: AbortSignal,
  onApplied: (applied: Applied) => void = () => {},
): Promise<readonly Applied[]> {
  const all: Applied[] = [];
  const seen = new Set<string>();
  for (const object of objects) {
    const key = keyText(keyOf(object));
    if (seen.has(key)) await untilReconciled(client, object, signal);
    signal.throwIfAborted();
    seen.add(key);
    const applied = await applyOne(client, object);
    all.push(applied);
    onApplied(applied);
  }
  return all;
}

async function applyOne(client: Client, object: AnyObject): Promise<Applied> {
  try {
    const { object: written, verdict, warnings } = await client.apply(object);
    return { object: written, verdict, warnings };
  } catch (error) {
    if (error instanceof ApiError) return { object, refusal: error };
    throw error;
  }
}
