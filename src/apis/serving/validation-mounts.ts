// Validates volume mounts. Source: pkg/apis/serving/k8s_validation.go.
import type { FeaturesConfig } from "../config/types.ts";
import type { Volume, VolumeMount } from "../core/pod-spec.ts";
import { disallowed, type Findings, finding, invalidValue, missing, none, viaIndex } from "../meta/field-error.ts";

const FIELDS = new Set(["name", "readOnly", "mountPath", "subPath"]);
const RESERVED = new Set(["/", "/dev", "/dev/log"]);
const PROPAGATION = "kubernetes.podspec-volumes-mount-propagation";

/** Validates the mounts of one container. Paths begin at `[index]`. */
export function validateVolumeMounts(
  mounts: readonly VolumeMount[],
  volumes: ReadonlyMap<string, Volume>,
  features: FeaturesConfig,
): Findings {
  const seen = new Set<string>();
  return mounts.flatMap((mount, index) =>
    viaIndex("", index, [
      ...validateFields(mount, features),
      ...(volumes.has(mount.name) ? none : finding("volumeMount has no matching volume", ["name"])),
      ...validateMountPath(mount.mountPath, seen),
      ...validateReadOnly(mount, volumes.get(mount.name)),
    ]),
  );
}

function validateFields(mount: VolumeMount, features: FeaturesConfig): Findings {
  const gate = features.gates[PROPAGATION];
  const wrong = Object.keys(mount).filter(
    (field) => !FIELDS.has(field) && !(field === "mountPropagation" && gate !== "Disabled"),
  );
  const { mountPropagation: mode } = mount;
  if (mode === undefined) return disallowed(...wrong);
  const text = `Volume Mount Propagation support is disabled, but found volume mount ${mount.name} with mount propagation`;
  const isKnown = mode === "None" || mode === "HostToContainer";
  return [
    ...disallowed(...wrong),
    ...(gate === "Enabled" ? none : finding(text, [])),
    ...(isKnown ? none : finding("mount propagation should be set to None or HostToContainer", ["mountPropagation"])),
  ];
}

function validateMountPath(path: string, seen: Set<string>): Findings {
  if (path === "") return missing("mountPath");
  const clean = cleanPath(path);
  if (RESERVED.has(clean)) return finding(`mountPath ${JSON.stringify(clean)} is a reserved path`, ["mountPath"]);
  if (!path.startsWith("/")) return invalidValue(path, "mountPath");
  if (seen.has(clean)) return invalidValue(`${JSON.stringify(path)} must be unique`, "mountPath");
  seen.add(clean);
  return none;
}

function validateReadOnly(mount: VolumeMount, volume: Volume | undefined): Findings {
  if (mount.readOnly) return none;
  const isWritable = Boolean(volume?.emptyDir ?? volume?.persistentVolumeClaim ?? volume?.ephemeral);
  if (!isWritable) return finding("volume mount should be readOnly for this type of volume", ["readOnly"]);
  return volume?.persistentVolumeClaim?.readOnly
    ? finding("volume is readOnly but volume mount is not", ["readOnly"])
    : none;
}

/** Go's path.Clean. */
function cleanPath(path: string): string {
  const isRooted = path.startsWith("/");
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (!isRooted) parts.push(part);
  }
  return (isRooted ? "/" : "") + parts.join("/") || ".";
}
