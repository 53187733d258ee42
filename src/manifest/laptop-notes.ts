// Warns of manifest fields that have no effect on one machine.
import type { FeaturesConfig } from "../apis/config/types.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import type { RevisionSpec, RevisionTemplate } from "../apis/serving/types.ts";
import { fieldGates } from "../apis/serving/validation-pod.ts";
import { isFields } from "../base/json.ts";

export interface LaptopNote {
  readonly path: string;
  readonly message: string;
}

const FIELDS: Readonly<Record<string, string>> = {
  affinity: "there is one node",
  nodeSelector: "there is one node",
  tolerations: "there is one node",
  topologySpreadConstraints: "there is one node",
  schedulerName: "there is one scheduler",
  priorityClassName: "nothing is evicted",
  runtimeClassName: "containers run under the engine's own runtime",
};
const VOLUMES: Readonly<Record<string, string>> = {
  csi: "there are no CSI drivers",
};

/** Fields that are accepted without effect, except those that a disabled gate refuses anyway. */
export function laptopNotes(object: AnyObject, features: FeaturesConfig): readonly LaptopNote[] {
  const pod = podOf(object);
  if (!pod) return [];
  const { spec, path } = pod;
  const isAllowed = (gate: string | undefined): boolean => gate === undefined || features.gates[gate] !== "Disabled";
  const note = (field: string, why: string): LaptopNote => ({
    path: `${path}.${field}`,
    message: `${path}.${field} has no effect here: ${why}`,
  });
  const fields = Object.keys(FIELDS).filter((field) => isSet(spec, field) && isAllowed(fieldGates[field]));
  const volumes = (Array.isArray(spec.volumes) ? spec.volumes : []).flatMap((volume: unknown, at) =>
    Object.keys(VOLUMES)
      .filter((source) => isFields(volume) && isSet(volume, source))
      .map((source) => note(`volumes[${at}].${source}`, VOLUMES[source] ?? "")),
  );
  return [...fields.map((field) => note(field, FIELDS[field] ?? "")), ...volumes];
}

function podOf(object: AnyObject): { readonly spec: RevisionSpec; readonly path: string } | undefined {
  if (!object.apiVersion.startsWith("serving.knative.dev/")) return undefined;
  if (object.kind === "Revision")
    return isFields(object.spec) ? { spec: object.spec as never, path: "spec" } : undefined;
  const template = isFields(object.spec) ? (object.spec["template"] as RevisionTemplate | undefined) : undefined;
  return isFields(template?.spec) ? { spec: template.spec, path: "spec.template.spec" } : undefined;
}

function isSet(spec: object, field: string): boolean {
  const value = (spec as Readonly<Record<string, unknown>>)[field];
  if (value === undefined || value === null || value === "") return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}
