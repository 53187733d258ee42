// Makes the refusal of a server-side apply that would change fields of other managers.
import { type ApiStatus, makeFailure } from "../../apis/meta/api-status.ts";
import { compareBytes } from "../../apis/meta/field-error.ts";
import { type FieldSet, pathTexts } from "./field-set.ts";
import { idOf, type Writer } from "./managers.ts";

export interface ManagerConflict {
  readonly writer: Writer;
  /** The fields of this manager that the apply would change. */
  readonly fields: FieldSet;
}

/** Returns a 409 with one cause per manager and field. */
export function makeApplyConflict(conflicts: readonly ManagerConflict[]): ApiStatus {
  const sorted = [...conflicts].sort((a, b) => compareBytes(idOf(a.writer), idOf(b.writer)));
  const causes = sorted.flatMap(({ writer, fields }) =>
    pathTexts(fields).map((field) => ({
      reason: "FieldManagerConflict",
      message: `conflict with ${managerText(writer)}`,
      field,
    })),
  );
  const [first] = causes;
  if (first && causes.length === 1) {
    return makeFailure("Conflict", `Apply failed with 1 conflict: ${first.message}: ${first.field}`, { causes });
  }
  const lines = sorted.flatMap(({ writer, fields }) => [
    `conflicts with ${managerText(writer)}:`,
    ...pathTexts(fields).map((path) => `- ${path}`),
  ]);
  return makeFailure("Conflict", `Apply failed with ${causes.length} conflicts: ${lines.join("\n")}`, { causes });
}

function managerText({ manager, operation, apiVersion, subresource }: Writer): string {
  const name = JSON.stringify(manager) + (subresource ? ` with subresource ${JSON.stringify(subresource)}` : "");
  return operation === "Update" ? `${name} using ${apiVersion}` : name;
}
