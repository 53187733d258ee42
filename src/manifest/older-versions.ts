// Finds documents of serving API versions that Knative has removed, and tells which of them can still run.
import { isFields } from "../base/json.ts";

const GROUP = "serving.knative.dev/";
const KINDS: Readonly<Record<string, string>> = {
  Service: "v1",
  Configuration: "v1",
  Route: "v1",
  Revision: "v1",
  DomainMapping: "v1beta1",
};
/** Fields of a v1alpha1 Service that hold its template. */
const V1ALPHA1_MODES = ["runLatest", "release", "manual", "pinned"];

export interface OlderVersion {
  /** The version that Knative serves now. */
  readonly apiVersion: string;
  readonly message: string;
}
export interface RemovedField {
  readonly path: string;
  readonly message: string;
}

/** Returns the version that replaced the document's version; undefined if the document is current or not Knative's. */
export function olderVersion(json: Readonly<Record<string, unknown>>): OlderVersion | undefined {
  const { apiVersion, kind } = json as { apiVersion?: unknown; kind?: unknown };
  if (typeof apiVersion !== "string" || typeof kind !== "string" || !apiVersion.startsWith(GROUP)) return undefined;
  const current = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  const version = apiVersion.slice(GROUP.length);
  if (current === undefined || version === current || !["v1alpha1", "v1beta1"].includes(version)) return undefined;
  return {
    apiVersion: GROUP + current,
    message: `${apiVersion} is no longer served by Knative; use ${GROUP}${current}`,
  };
}

/** Fields that only v1alpha1 had. A document with them cannot run under any other version. */
export function removedFields(json: Readonly<Record<string, unknown>>): readonly RemovedField[] {
  const { spec, kind } = json as { spec?: unknown; kind?: unknown };
  if (!isFields(spec)) return [];
  const modes = V1ALPHA1_MODES.filter((mode) => kind === "Service" && Object.hasOwn(spec, mode)).map((mode) => ({
    path: `spec.${mode}`,
    message: `spec.${mode} belongs to serving.knative.dev/v1alpha1, which Knative has removed; use spec.template for the template and spec.traffic for the traffic split`,
  }));
  const hasTemplate = Object.hasOwn(spec, "revisionTemplate");
  const template = {
    path: "spec.revisionTemplate",
    message:
      "spec.revisionTemplate belongs to serving.knative.dev/v1alpha1, which Knative has removed; use spec.template",
  };
  return hasTemplate ? [...modes, template] : modes;
}
