// Matches label selectors, and parses and prints their text form (`a=b,c!=d,e in (f,g),!h`).
import { failed, ok, type Result } from "../../base/result.ts";
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
    default:
      return false;
  }
}

const KEY = "[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?";
const VALUE = "[A-Za-z0-9._-]*";
const FORMS = {
  set: new RegExp(`^(${KEY})\\s+(in|notin)\\s*\\(([^()]*)\\)$`),
  equal: new RegExp(`^(${KEY})\\s*(==|=|!=)\\s*(${VALUE})$`),
  absent: new RegExp(`^!\\s*(${KEY})$`),
  present: new RegExp(`^(${KEY})$`),
};

/** Parses the text form of a selector. The error contains the invalid requirement. */
export function parseSelector(text: string): Result<LabelSelector> {
  const matchLabels = new Map<string, string>();
  const matchExpressions: Requirement[] = [];
  for (const part of splitRequirements(text)) {
    const set = FORMS.set.exec(part);
    const equal = FORMS.equal.exec(part);
    const absent = FORMS.absent.exec(part);
    const present = FORMS.present.exec(part);
    if (set) {
      const values = (set[3] as string).split(",").map((value) => value.trim());
      matchExpressions.push({ key: set[1] as string, operator: set[2] === "in" ? "In" : "NotIn", values });
    } else if (equal) {
      const [, key, sign, value] = equal as unknown as [string, string, string, string];
      // matchLabels can have only one requirement per key
      if (sign === "!=") matchExpressions.push({ key, operator: "NotIn", values: [value] });
      else if (matchLabels.has(key)) matchExpressions.push({ key, operator: "In", values: [value] });
      else matchLabels.set(key, value);
    } else if (absent) matchExpressions.push({ key: absent[1] as string, operator: "DoesNotExist" });
    else if (present) matchExpressions.push({ key: present[1] as string, operator: "Exists" });
    else return failed(`unable to parse requirement: ${JSON.stringify(part)}`);
  }
  return ok({ matchLabels: Object.fromEntries(matchLabels), matchExpressions });
}

/** Splits at commas outside parentheses. */
function splitRequirements(text: string): readonly string[] {
  const parts = text.match(/(?:[^,(]|\([^)]*\)?)+/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

export function formatSelector(selector: LabelSelector): string {
  const labels = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    if (operator === "Exists") return key;
    if (operator === "DoesNotExist") return `!${key}`;
    return `${key} ${operator === "In" ? "in" : "notin"} (${values.join(",")})`;
  });
  return [...labels, ...expressions].join(",");
}
