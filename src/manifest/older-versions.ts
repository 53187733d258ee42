// Documents written for versions of the serving API that Knative no longer has: which of them can still be run, and what to say.
import { isFields } from "../base/json.ts";

const GROUP = "serving.knative.dev/";
const KINDS: Readonly<Record<string, string>> = {
  Service: "v1",
  Configuration: "v1",
  Route: "v1",
  Revision: "v1",
  DomainMapping: "v1beta1",
};
/** How v1alpha1 told a Service what to run. */
const OLD_MODES = ["runLatest", "release", "manual", "pinned"];

export interface OlderVersion {
  /** What Knative serves today. */
  readonly apiVersion: string;
  readonly message: string;
}
export interface OldShape {
  readonly path: string;
  readonly message: string;
}

/** The version that replaced this one; undefined when the document is current, or not Knative's. */
export function olderVersion(json: Readonly<Record<string, unknown>>): OlderVersion | undefined {
  const { apiVersion, kind } = json as { apiVersion?: unknown; kind?: unknown };
  if (typeof apiVersion !== "string" || typeof kind !== "string" || !apiVersion.startsWith(GROUP)) return undefined;
  const current = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  const version = apiVersion.slice(GROUP.length);
  if (current === undefined || version === current || !["v1alpha1", "v1beta1"].includes(version)) return undefined;
  return {
    apiVersion: GROUP + current,
    message: `${apiVersion} is no longer served by Knative; write ${GROUP}${current}`,
  };
}

/** Fields whose meaning went with v1alpha1; such a document cannot be run under any version. */
export function oldShapes(json: Readonly<Record<string, unknown>>): readonly OldShape[] {
  const { spec, kind } = json as { spec?: unknown; kind?: unknown };
  if (!isFields(spec)) return [];
  const modes = OLD_MODES.filter((mode) => kind === "Service" && Object.hasOwn(spec, mode)).map((mode) => ({
    path: `spec.${mode}`,
    message: `spec.${mode} belongs to serving.knative.dev/v1alpha1, which is gone; write the template at spec.template and the split at spec.traffic`,
  }));
  const hasTemplate = Object.hasOwn(spec, "revisionTemplate");
  const template = {
    path: "spec.revisionTemplate",
    message: "spec.revisionTemplate belongs to serving.knative.dev/v1alpha1, which is gone; write spec.template",
  };
  return hasTemplate ? [...modes, template] : modes;
}
