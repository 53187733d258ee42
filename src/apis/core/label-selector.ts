// Matches label selectors and prints their text form.
import type { StringMap } from "../meta/object.ts";
import type { LabelSelector } from "./types.ts";

type Requirement = NonNullable<LabelSelector["matchExpressions"]>[number];

/** Returns true if the labels match. The empty selector matches all labels; an unknown operator matches none. */
export function matchesLabels(selector: LabelSelector, labels: StringMap = {}): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    if (labelOf(labels, key) !== value) return false;
  }
  return (selector.matchExpressions ?? []).every((requirement) => matchesRequirement(requirement, labels));
}

/** Reads own properties only: an object without labels has no label `constructor`. */
function labelOf(labels: StringMap, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function matchesRequirement({ key, operator, values = [] }: Requirement, labels: StringMap): boolean {
  const value = labelOf(labels, key);
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
    case "Lt":
      return value !== undefined && isOrdered(operator, value, values[0] ?? "");
    default:
      return false;
  }
}

/** Compares integers. A label that is not an integer does not match. */
function isOrdered(operator: "Gt" | "Lt", value: string, bound: string): boolean {
  if (!/^[+-]?\d+$/.test(value)) return false;
  return operator === "Gt" ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound);
}

export function formatSelector(selector: LabelSelector): string {
  const labels = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    if (operator === "Exists") return key;
    if (operator === "DoesNotExist") return `!${key}`;
    if (operator === "Gt" || operator === "Lt") return `${key}${operator === "Gt" ? ">" : "<"}${values[0]}`;
    return `${key} ${operator === "In" ? "in" : "notin"} (${values.join(",")})`;
  });
  return [...labels, ...expressions].join(",");
}
