// Validates metadata: names, annotations of Services and templates, owner labels, creator and lastModifier.
// Source: knative.dev/pkg/apis/metadata_validation.go, pkg/apis/serving/metadata_validation.go.

import { isWholeSeconds, parseDuration } from "../../base/go/duration.ts";
import { formatFloat, parseFloat64 } from "../../base/go/number.ts";
import { parseQuantity } from "../../base/go/quantity.ts";
import {
  asWarnings,
  disallowed,
  type Findings,
  finding,
  invalidKey,
  invalidValue,
  missing,
  none,
  outOfBounds,
} from "../meta/field-error.ts";
import { dns1035LabelErrors, withoutTrailingDash } from "../meta/names.ts";
import type { AnyObject, ObjectMeta, StringMap } from "../meta/object.ts";
import { sameValue } from "../meta/same-value.ts";
import {
  CREATOR_ANNOTATION,
  LAST_MODIFIER_ANNOTATION,
  PROGRESS_DEADLINE_ANNOTATION,
  ROLLOUT_DURATION_ANNOTATIONS,
} from "./labels.ts";

const SIDECAR = "queue.sidecar.serving.knative.dev/";
const NETWORKING_KEYS = new Set(
  [
    "ingress.class",
    "ingress-class",
    "certificate.class",
    "certificate-class",
    "disableAutoTLS",
    "disable-auto-tls",
    "disable-external-domain-tls",
    "httpOption",
    "http-protocol",
  ].map((name) => `networking.knative.dev/${name}`),
);

/** A list of strings as Go's fmt prints it. */
const goList = (items: readonly string[]): string => `[${items.join(" ")}]`;

/** Validates the name of a Service, Configuration, Route or Revision. Paths are relative to `metadata`. */
export function validateName(meta: Partial<ObjectMeta>): Findings {
  const { name = "", generateName = "" } = meta;
  if (generateName !== "") {
    const errors = dns1035LabelErrors(withoutTrailingDash(generateName));
    if (errors.length > 0) return finding(`not a DNS 1035 label prefix: ${goList(errors)}`, ["generateName"]);
  }
  if (name !== "") {
    const errors = dns1035LabelErrors(name);
    if (errors.length > 0) return finding(`not a DNS 1035 label: ${goList(errors)}`, ["name"]);
  }
  return name === "" && generateName === "" ? finding("name or generateName is required", ["name"]) : none;
}

/** Validates the Revision name in a template, which must begin with the parent's name and a dash. */
export function validateRevisionName(meta: Partial<ObjectMeta>, parent: Partial<ObjectMeta>): Findings {
  const { name = "", generateName = "" } = meta;
  if (generateName !== "") {
    const errors = dns1035LabelErrors(withoutTrailingDash(generateName));
    if (errors.length > 0) return invalidValue(`not a DNS 1035 label prefix: ${goList(errors)}`, "generateName");
  }
  if (name === "") return none;
  const errors = dns1035LabelErrors(name);
  if (errors.length > 0) return invalidValue(`not a DNS 1035 label: ${goList(errors)}`, "name");
  if (!parent.name && parent.generateName) return disallowed("name");
  const prefix = `${parent.name ?? ""}-`;
  if (name.startsWith(prefix)) return none;
  return invalidValue(`${JSON.stringify(name)} must have prefix ${JSON.stringify(prefix)}`, "name");
}

/** Refuses autoscaling annotations outside the template, where they have no effect. Paths end at `annotations`. */
export function validateNoAutoscaling(annotations: StringMap | undefined): Findings {
  return Object.keys(annotations ?? {})
    .filter((key) => key.startsWith("autoscaling.knative.dev"))
    .flatMap((key) =>
      invalidKey(
        key,
        "annotations",
        'autoscaling annotations must be put under "spec.template.metadata.annotations" to work',
      ),
    );
}

/** Validates `rollout-duration` of a Service or Route, in either spelling. */
export function validateRollout(annotations: StringMap | undefined): Findings {
  const key = spellingOf(annotations, ...ROLLOUT_DURATION_ANNOTATIONS);
  return validateSeconds("rollout-duration", key, annotations?.[key]);
}

/** Validates `progress-deadline` of a template. */
export function validateProgressDeadline(annotations: StringMap | undefined): Findings {
  const key = PROGRESS_DEADLINE_ANNOTATION;
  return validateSeconds("progress-deadline", key, annotations?.[key]);
}

/** Returns the spelling of an annotation to read and to report: `first` if the object has it, else `other`. */
function spellingOf(annotations: StringMap | undefined, first: string, other: string): string {
  return annotations?.[first] === undefined ? other : first;
}

function validateSeconds(name: string, key: string, value: string | undefined): Findings {
  if (!value) return none;
  const duration = parseDuration(value);
  if (!duration.ok) return invalidValue(value, key);
  if (!isWholeSeconds(duration.value)) return finding(`${name}=${value} is not at second precision`, [key]);
  return duration.value < 0n ? finding(`${name}=${value} must be positive`, [key]) : none;
}

/** Refuses unknown networking annotations in a template. Paths end at `annotations`. */
export function validateNetworking(annotations: StringMap | undefined): Findings {
  return Object.keys(annotations ?? {})
    .filter((key) => key.startsWith("networking.knative.dev") && !NETWORKING_KEYS.has(key))
    .flatMap((key) => invalidKey(key, "annotations"));
}

/** Validates the annotations for the queue-proxy's resources. */
export function validateQueueSidecar(annotations: StringMap | undefined): Findings {
  const resources = ["cpu", "memory", "ephemeral-storage"].flatMap((name) => [
    `${SIDECAR}${name}-resource-request`,
    `${SIDECAR}${name}-resource-limit`,
  ]);
  const findings = resources.flatMap((key) => {
    const value = annotations?.[key];
    return value === undefined || parseQuantity(value).ok ? none : invalidValue(value, `[${key}]`);
  });
  return [...findings, ...validatePercentage(annotations)];
}

function validatePercentage(annotations: StringMap | undefined): Findings {
  const key = spellingOf(annotations, `${SIDECAR}resource-percentage`, `${SIDECAR}resourcePercentage`);
  const text = annotations?.[key];
  if (text === undefined) return none;
  const deprecation = asWarnings(
    finding(
      "Queue proxy resource percentage annotation is deprecated. Please use the available annotations to explicitly set resource values per service",
      [],
    ),
  );
  const value = parseFloat64(text);
  if (!value.ok) return [...deprecation, ...invalidValue(text, `[${key}]`)];
  const isWithin = !(value.value < 0.1 || value.value > 100);
  return isWithin ? deprecation : [...deprecation, ...outOfBounds(formatFloat(value.value), 0.1, 100, `[${key}]`)];
}

/** Requires an owner reference to the owner that a label names. Paths begin at `labels`. */
export function validateOwnerLabel(meta: ObjectMeta, label: string, ownerKind: string): Findings {
  const name = meta.labels?.[label];
  if (name === undefined) return none;
  const isOwned = meta.ownerReferences?.some((owner) => owner.kind === ownerKind && owner.name === name) ?? false;
  return isOwned ? none : missing(`labels.${label}`);
}

/** Refuses changes of the creator annotation, and of lastModifier without a change of the spec. */
export function validateCreatorAndModifier(old: AnyObject, object: AnyObject): Findings {
  const before = old.metadata.annotations;
  const now = object.metadata.annotations;
  const isChanged = (key: string): boolean => (before?.[key] ?? "") !== (now?.[key] ?? "");
  const findings = isChanged(CREATOR_ANNOTATION)
    ? finding("annotation value is immutable", [`metadata.annotations.${CREATOR_ANNOTATION}`])
    : none;
  if (!isChanged(LAST_MODIFIER_ANNOTATION) || !sameValue(old.spec, object.spec)) return findings;
  return [
    ...findings,
    ...invalidValue(now?.[LAST_MODIFIER_ANNOTATION] ?? "", `metadata.annotations.${LAST_MODIFIER_ANNOTATION}`),
  ];
}
