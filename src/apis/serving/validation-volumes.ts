// Validates volumes and their sources. Source: pkg/apis/serving/k8s_validation.go, fieldmask.go.
import { quantityNumber } from "../../base/go/quantity.ts";
import type { FeaturesConfig } from "../config/types.ts";
import type { DownwardApiItem, KeyToPath, Volume, VolumeProjection } from "../core/pod-spec.ts";
import {
  disallowed,
  type Findings,
  finding,
  invalidValue,
  missing,
  none,
  oneOfMany,
  oneOfNone,
  via,
  viaIndex,
} from "../meta/field-error.ts";
import { dns1123LabelErrors } from "../meta/names.ts";

/** Volume sources that need a feature gate. `label`: the name in Knative's messages; "": another message. */
const GATED: readonly { readonly field: keyof Volume & string; readonly gate: string; readonly label: string }[] = [
  { field: "emptyDir", gate: "kubernetes.podspec-volumes-emptydir", label: "EmptyDir" },
  { field: "persistentVolumeClaim", gate: "kubernetes.podspec-persistent-volume-claim", label: "" },
  { field: "hostPath", gate: "kubernetes.podspec-volumes-hostpath", label: "HostPath" },
  { field: "csi", gate: "kubernetes.podspec-volumes-csi", label: "CSI" },
  { field: "ephemeral", gate: "kubernetes.podspec-volumes-ephemeral", label: "Ephemeral" },
  { field: "image", gate: "kubernetes.podspec-volumes-image", label: "Image" },
];
const UNGATED = ["secret", "configMap", "projected"] as const;

/** Validates the volumes of a pod. Paths begin at `volumes`. */
export function validateVolumes(
  volumes: readonly Volume[],
  mounted: ReadonlySet<string>,
  features: FeaturesConfig,
): Findings {
  const seen = new Set<string>();
  return volumes.flatMap((volume, index) => {
    const { name } = volume;
    const isRepeated = seen.has(name);
    seen.add(name);
    return viaIndex("volumes", index, [
      ...(isRepeated ? finding(`duplicate volume name ${JSON.stringify(name)}`, ["name"]) : none),
      ...(mounted.has(name) ? none : finding(`volume with name ${JSON.stringify(name)} not mounted`, ["name"])),
      ...validateVolume(volume, features),
    ]);
  });
}

function validateVolume(volume: Volume, features: FeaturesConfig): Findings {
  return [...validateVolumeName(volume, validateGates(volume, features)), ...validateSource(volume, features)];
}

/** As in Knative, an invalid name replaces the findings about gates. */
function validateVolumeName({ name }: Volume, gates: Findings): Findings {
  if (name === "") return missing("name");
  return dns1123LabelErrors(name).length > 0 ? invalidValue(name, "name") : gates;
}

function validateGates(volume: Volume, features: FeaturesConfig): Findings {
  const isEnabled = (gate: string): boolean => features.gates[gate] === "Enabled";
  const claim = volume.persistentVolumeClaim;
  const closed = GATED.filter(({ field, gate }) => volume[field] !== undefined && !isEnabled(gate));
  const findings = closed.flatMap(({ label }) =>
    finding(
      label === ""
        ? `Persistent volume claim support is disabled, but found persistent volume claim ${claim?.claimName ?? ""}`
        : `${label} volume support is disabled, but found ${label} volume ${volume.name}`,
      [],
    ),
  );
  if (!claim || claim.readOnly || isEnabled("kubernetes.podspec-persistent-volume-write")) return findings;
  const text = `Persistent volume write support is disabled, but found persistent volume claim ${claim.claimName} that is not read-only`;
  return [...findings, ...finding(text, [])];
}

function validateSource(volume: Volume, features: FeaturesConfig): Findings {
  const gated = new Map(GATED.map(({ field, gate }) => [field as string, features.gates[gate]]));
  const fields = Object.keys(volume).filter((field) => field !== "name");
  const isFree = (field: string): boolean => (UNGATED as readonly string[]).includes(field);
  const wrong = fields.filter((field) => !isFree(field) && (gated.get(field) ?? "Disabled") === "Disabled");
  const present = fields.filter((field) => isFree(field) || gated.has(field));
  const choices = [...UNGATED, ...[...gated].filter(([, gate]) => gate === "Enabled").map(([field]) => field)];
  return [
    ...disallowed(...wrong),
    ...(present.length === 0 ? oneOfNone(...choices) : none),
    ...(present.length > 1 ? oneOfMany(...present) : none),
    ...validateItems(volume.secret?.items),
    ...validateItems(volume.configMap?.items),
    ...(volume.projected?.sources ?? []).flatMap((source, at) => viaIndex("projected", at, validateProjection(source))),
    ...via("emptyDir", validateEmptyDir(volume.emptyDir)),
    ...via("image", validateImage(volume.image)),
  ];
}

function validateItems(items: readonly KeyToPath[] | undefined): Findings {
  return (items ?? []).flatMap(({ key, path }, at) =>
    viaIndex("items", at, [...(key === "" ? missing("key") : none), ...(path === "" ? missing("path") : none)]),
  );
}

function validateProjection(source: VolumeProjection): Findings {
  const choices = ["secret", "configMap", "serviceAccountToken", "downwardAPI"];
  const fields = Object.keys(source);
  const present = fields.filter((field) => choices.includes(field));
  const { secret, configMap, serviceAccountToken, downwardAPI } = source;
  const named = (projection: typeof secret): Findings =>
    projection ? [...(projection.name ? none : missing("name")), ...validateItems(projection.items)] : none;
  return [
    ...disallowed(...fields.filter((field) => !choices.includes(field))),
    ...(present.length === 0 ? oneOfNone(...choices) : none),
    ...(present.length > 1 ? oneOfMany(...present) : none),
    ...via("secret", named(secret)),
    ...via("configMap", named(configMap)),
    ...(serviceAccountToken && serviceAccountToken.path === "" ? missing("serviceAccountToken.path") : none),
    ...via(
      "downwardAPI",
      (downwardAPI?.items ?? []).flatMap((item, at) => viaIndex("items", at, validateDownwardItem(item))),
    ),
  ];
}

function validateDownwardItem({ path, fieldRef, resourceFieldRef }: DownwardApiItem): Findings {
  const refs = [fieldRef, resourceFieldRef].filter((ref) => ref !== undefined).length;
  return [
    ...(path === "" ? missing("path") : none),
    ...(refs === 0 ? oneOfNone("fieldRef", "resourceFieldRef") : none),
    ...(refs === 2 ? finding("Within a single item, cannot set both", ["resourceFieldRef", "fieldRef"]) : none),
  ];
}

function validateEmptyDir(source: Volume["emptyDir"]): Findings {
  if (!source) return none;
  const { medium = "", sizeLimit } = source;
  const isNegative = sizeLimit !== undefined && (quantityNumber(sizeLimit) ?? 0) < 0;
  return [
    ...(medium === "" || medium === "Memory" ? none : invalidValue(medium, "medium")),
    ...(isNegative ? invalidValue(sizeLimit, "sizeLimit") : none),
  ];
}

function validateImage(source: Volume["image"]): Findings {
  if (!source) return none;
  const policies = ["", "Always", "Never", "IfNotPresent"];
  const { reference = "", pullPolicy = "" } = source;
  return [
    ...(reference === "" ? missing("reference") : none),
    ...(policies.includes(pullPolicy) ? none : invalidValue(pullPolicy, "pullPolicy")),
  ];
}
