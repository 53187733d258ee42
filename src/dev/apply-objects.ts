// Applies a batch through the API, one object after the other. A refusal is a value and does not stop the others.
import type { AnyObject } from "../apis/meta/object.ts";
import { ApiError, type Client } from "../client/client.ts";

/** What became of one object. */
export type Applied =
  | {
      readonly object: AnyObject;
      readonly verdict: "created" | "configured" | "unchanged";
      readonly warnings: readonly string[];
    }
  | { readonly object: AnyObject; readonly refusal: ApiError };

/** In the given order; `told` hears of each as it is done. Rejects only when the API cannot be reached. */
export async function applyObjects(
  client: Client,
  objects: readonly AnyObject[],
  told: (applied: Applied) => void = () => {},
): Promise<readonly Applied[]> {
  const all: Applied[] = [];
  for (const object of objects) {
    const applied = await applyOne(client, object);
    all.push(applied);
    told(applied);
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
