// `-l a=b,c!=d,e,!f,g in (x,y)` → a LabelSelector. Pure.
import type { LabelSelector } from "../../apis/core/types.ts";
import { type Parsed, parsed, unparsed } from "../../base/parsed.ts";

/** Splits at commas that stand outside of parentheses. */
const split = (text: string): readonly string[] => text.split(/,(?![^(]*\))/).map((part) => part.trim());

export function parseSelector(text: string): Parsed<LabelSelector> {
  const matchLabels: Record<string, string> = {};
  const matchExpressions: { key: string; operator: string; values?: readonly string[] }[] = [];
  for (const part of split(text)) {
    const set = /^([\w./-]+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(part);
    const equal = /^([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)$/.exec(part);
    const exists = /^(!?)([\w./-]+)$/.exec(part);
    if (set) {
      const values = (set[3] ?? "").split(",").map((value) => value.trim());
      matchExpressions.push({ key: set[1] ?? "", operator: set[2] === "in" ? "In" : "NotIn", values });
    } else if (equal?.[2] === "!=") {
      matchExpressions.push({ key: equal[1] ?? "", operator: "NotIn", values: [equal[3] ?? ""] });
    } else if (equal) matchLabels[equal[1] ?? ""] = equal[3] ?? "";
    else if (exists) matchExpressions.push({ key: exists[2] ?? "", operator: exists[1] ? "DoesNotExist" : "Exists" });
    else return unparsed(`cannot read the selector "${part}"`);
  }
  return parsed({
    ...(Object.keys(matchLabels).length > 0 && { matchLabels }),
    ...(matchExpressions.length > 0 && { matchExpressions }),
  });
}
