import { expect, it } from "vitest";
import { admit } from "../../src/apis/admission.ts";
import { makeServingConfig } from "../../src/apis/config/serving-config.ts";
import type { AnyObject } from "../../src/apis/meta/object.ts";
import { unknownFields } from "../../src/apis/schema/schemas.ts";
import { readDocuments } from "../../src/base/yaml/documents.ts";
import { validateFiles } from "../../src/manifest/validate-files.ts";
import { seedDocuments } from "../support/mutated-manifests.ts";

const { config } = makeServingConfig(new Map());
const documents = seedDocuments().flatMap((text) => {
  const object = readDocuments(text)[0]?.json as AnyObject | undefined;
  return object ? [{ text, object }] : [];
});

it("admission accepts a stored object again and changes nothing", () => {
  let admitted = 0;
  for (const { text, object } of documents) {
    const first = admit({ operation: "CREATE", object, user: "alice" }, config);
    if ("refused" in first) continue;
    admitted += 1;
    const again = admit({ operation: "UPDATE", object: first.object, old: first.object, user: "bob" }, config);
    expect("refused" in again ? again.refused.message : again.object, text).toEqual(first.object);
  }
  expect(admitted).toBeGreaterThan(150);
});

it("offline validation refuses exactly the objects that the store or a strict API server refuses", () => {
  for (const { text, object } of documents) {
    const admission = admit({ operation: "CREATE", object, user: "alice" }, config);
    const refused = "refused" in admission || unknownFields(object).length > 0;
    const { diagnostics } = validateFiles([{ name: "s.yaml", text }], { mode: "validate" });
    const errors = diagnostics.filter(({ severity }) => severity === "error");
    expect(errors.length > 0, `${text}\n${JSON.stringify(admission)}\n${JSON.stringify(errors)}`).toBe(refused);
  }
});
