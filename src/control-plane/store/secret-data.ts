// The one translation that Kubernetes makes of a Secret on its way in: `stringData` becomes base64 in `data`. It never shows a value.
import type { Secret } from "../../apis/core/types.ts";
import type { AnyObject } from "../../apis/meta/object.ts";

/** A Secret without `stringData`, its values in `data` and a type; any other object as it is. */
export function foldStringData(object: AnyObject): AnyObject {
  if (object.kind !== "Secret" || object.apiVersion !== "v1") return object;
  const { stringData, ...secret } = object as Secret;
  const typed: Secret = { ...secret, type: secret.type ?? "Opaque" };
  if (!stringData) return typed;
  const encoded = Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString("base64")]);
  return { ...typed, data: { ...secret.data, ...Object.fromEntries(encoded) } } as Secret;
}
