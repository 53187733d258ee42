// What Kubernetes demands of a Deployment so that its Pods can be made and found again. The Pods' own fields are not judged here.
// Source: pkg/apis/apps/validation/validation.go (kubernetes).
import { fieldsOf } from "../../base/json.ts";
import { matchesLabels } from "../core/label-selector.ts";
import type { Deployment } from "../core/types.ts";
import type { AnyObject } from "../meta/object.ts";
import type { SchemaFinding } from "./structural.ts";

const LABELS_PATH = "spec.template.metadata.labels";

/** A selector that fits the template, and at least one container. Whoever wrote the object may have left out anything. */
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
  return found;
}

function required(path: string): SchemaFinding {
  return { path, message: "Required value", reason: "FieldValueRequired" };
}
