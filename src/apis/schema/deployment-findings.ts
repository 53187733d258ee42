// Validates a Deployment's selector, template labels, and containers with their names.
// Source: pkg/apis/apps/validation/validation.go (kubernetes).
import { fieldsOf } from "../../base/json.ts";
import { matchesLabels } from "../core/label-selector.ts";
import type { Deployment } from "../core/types.ts";
import type { AnyObject } from "../meta/object.ts";
import { podSpecFindings } from "./pod-findings.ts";
import type { SchemaFinding } from "./structural.ts";

const LABELS_PATH = "spec.template.metadata.labels";

/** Checks that a Deployment has at least one container and a selector that matches the labels of its template. */
export function deploymentFindings({ spec }: AnyObject): readonly SchemaFinding[] {
  const { selector, template } = fieldsOf(spec) as Partial<Deployment["spec"]>;
  const labels = template?.metadata?.labels;
  const found: SchemaFinding[] = [];
  if (!selector) found.push(required("spec.selector"));
  if (!selector || !matchesLabels(selector, labels)) {
    const message = `Invalid value: ${JSON.stringify(labels ?? null)}: \`selector\` does not match template \`labels\``;
    found.push({ path: LABELS_PATH, message, reason: "FieldValueInvalid" });
  }
  if (!template?.spec?.containers?.length) found.push(required("spec.template.spec.containers"));
  return [...found, ...podSpecFindings(template?.spec, "spec.template.spec")];
}

function required(path: string): SchemaFinding {
  return { path, message: "Required value", reason: "FieldValueRequired" };
}
