// Refuses paths that leave their volume, and mounts of parts of one volume that overlap. Pure.
import type { StoredPod } from "../../../apis/core/pod.ts";
import type { Volume } from "../../../apis/core/pod-spec.ts";

/** Whether a path stays below its root: relative, and without a segment `..`. */
export function isInside(path: string): boolean {
  return !path.startsWith("/") && !path.split("/").includes("..");
}

/**
 * Why a mount cannot have this `subPath`; undefined: it can. Each part of a volume without files of its own is a
 * volume of its own on the engine, so a part must not be mounted both alone and as part of another.
 */
export function refusedPart(
  pod: Pick<StoredPod, "spec">,
  volume: Volume,
  part: string,
  hasFiles: boolean,
): string | undefined {
  if (!isInside(part)) return `subPath "${part}" must be a relative path without ".."`;
  if (hasFiles) return undefined;
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const mounts = containers.flatMap(({ volumeMounts = [] }) => volumeMounts);
  const parts = mounts.flatMap(({ name, subPath = "", subPathExpr = "" }) =>
    name === volume.name && subPathExpr === "" ? [subPath] : [],
  );
  const other = parts.find((one) => normal(one) !== normal(part) && (isBelow(one, part) || isBelow(part, one)));
  if (other === undefined) return undefined;
  return `it is mounted with subPath "${part}" and with subPath "${other}", and here these do not share files; mount it with the same subPath everywhere`;
}

function normal(path: string): string {
  return path
    .split("/")
    .filter((segment) => segment !== "" && segment !== ".")
    .join("/");
}

function isBelow(path: string, folder: string): boolean {
  return normal(folder) === "" || `${normal(path)}/`.startsWith(`${normal(folder)}/`);
}
