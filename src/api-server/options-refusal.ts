// Makes the Status with which the server refuses invalid options of a request.
import { type ApiStatus, makeFailure, type StatusCause } from "../apis/meta/api-status.ts";

export type StatusCauseText = Required<StatusCause>;
type OptionsKind = "ListOptions" | "CreateOptions" | "UpdateOptions" | "PatchOptions" | "DeleteOptions";

/** Method of a write → the kind of its options. */
export const OPTIONS_OF: Readonly<Record<string, OptionsKind>> = {
  POST: "CreateOptions",
  PUT: "UpdateOptions",
  PATCH: "PatchOptions",
  DELETE: "DeleteOptions",
};

/** Returns a 422 with one cause per option. */
export function optionsRefusal(kind: OptionsKind, causes: readonly StatusCauseText[]): ApiStatus {
  const texts = causes.map(({ field, message }) => `${field}: ${message}`);
  const list = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  const group = "meta.k8s.io";
  return makeFailure("Invalid", `${kind}.${group} "" is invalid: ${list}`, { group, kind, causes });
}
