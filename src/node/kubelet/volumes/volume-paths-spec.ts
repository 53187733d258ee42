// Refuses a `subPath` that leaves its volume or overlaps with another one. Pure.
import type { StoredPod } from "../../../apis/core/pod.ts";
import type { Volume } from "../../../apis/core/pod-spec.ts";

/** Returns true if a path is relative and has no segment `..`. */
export function isInside(path: string): boolean {
  return !path.startsWith("/") && !path.split("/").includes("..");
}

/**
 * Returns why a mount cannot have this `subPath`; undefined: it can. On the engine, each `subPath` of an emptyDir or
 * claim is a volume of its own, so the mounts of one such volume must not overlap. `hasFiles`: the volume is of another
 * type, whose files knap renders.
 */
export function refusedSubPath(
  pod: Pick<StoredPod, "spec">,
  volume: Volume,
  subPath: string,
  hasFiles: boolean,
): string | undefined {
  if (!isInside(subPath)) return `subPath "${subPath}" must be a relative path without ".."`;
  if (hasFiles) return undefined;
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const mounts = containers.flatMap(({ volumeMounts = [] }) => volumeMounts);
  const others = mounts.flatMap((mount) => (mount.name === volume.name ? [mount.subPath ?? ""] : []));
  const other = others.find(
    (path) => normal(path) !== normal(subPath) && (isBelow(path, subPath) || isBelow(subPath, path)),
  );
  if (other === undefined) return undefined;
  return `it is mounted with subPath "${subPath}" and with subPath "${other}", and here these do not share files; mount it with the same subPath everywhere`;
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
