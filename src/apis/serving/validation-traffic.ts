// Validates traffic targets. Source: pkg/apis/serving/v1/route_validation.go.
import {
  disallowed,
  type Findings,
  finding,
  invalidKey,
  invalidValue,
  none,
  oneOfMany,
  oneOfNone,
  outOfBounds,
  via,
  viaIndex,
} from "../meta/field-error.ts";
import { dns1035LabelErrors, qualifiedNameErrors } from "../meta/names.ts";
import type { TrafficTarget } from "./types.ts";

/**
 * Validates traffic targets: those of a Service name only Revisions, those of a Route also Configurations. Paths begin
 * at `traffic`.
 */
export function validateTraffic(targets: readonly TrafficTarget[], kind: "Service" | "Route"): Findings {
  const sum = targets.reduce((total, { percent }) => total + (percent ?? 0), 0);
  return via("traffic", [
    ...targets.flatMap((target, index) => viaIndex("", index, validateTarget(target, kind))),
    ...validateTags(targets),
    ...(sum === 100 ? none : finding(`Traffic targets sum to ${sum}, want 100`, [""])),
  ]);
}

function validateTarget(target: TrafficTarget, kind: "Service" | "Route"): Findings {
  const { revisionName = "", configurationName = "", latestRevision, percent, url } = target;
  const isContradiction = latestRevision !== undefined && latestRevision !== (revisionName === "");
  const text = `may not set revisionName ${JSON.stringify(revisionName)} when latestRevision is ${latestRevision}`;
  return [
    ...(isContradiction ? finding(text, ["latestRevision"]) : none),
    ...(kind === "Service"
      ? serviceNames(revisionName, configurationName)
      : routeNames(revisionName, configurationName)),
    ...(percent !== undefined && (percent < 0 || percent > 100) ? outOfBounds(percent, 0, 100, "percent") : none),
    ...(url ? disallowed("url") : none),
  ];
}

function serviceNames(revisionName: string, configurationName: string): Findings {
  if (configurationName !== "") return disallowed("configurationName");
  return revisionName === "" ? none : qualified(revisionName, "revisionName");
}

function routeNames(revisionName: string, configurationName: string): Findings {
  if (revisionName !== "" && configurationName !== "") return oneOfMany("revisionName", "configurationName");
  if (revisionName !== "") return qualified(revisionName, "revisionName");
  if (configurationName !== "") return qualified(configurationName, "configurationName");
  return oneOfNone("revisionName", "configurationName");
}

function qualified(name: string, field: string): Findings {
  const errors = qualifiedNameErrors(name);
  return errors.length === 0 ? none : invalidKey(name, field, errors.join(", "));
}

function validateTags(targets: readonly TrafficTarget[]): Findings {
  const firstUse = new Map<string, number>();
  return targets.flatMap(({ tag = "" }, index) => {
    if (tag === "") return none;
    const errors = dns1035LabelErrors(tag);
    const first = firstUse.get(tag);
    if (first === undefined) firstUse.set(tag, index);
    return [
      ...(errors.length === 0 ? none : invalidValue(`not a DNS 1035 label: [${errors.join(" ")}]`, `tag[${index}]`)),
      ...(first === undefined
        ? none
        : finding(`Multiple definitions for ${JSON.stringify(tag)}`, [`[${index}].tag`, `[${first}].tag`])),
    ];
  });
}
