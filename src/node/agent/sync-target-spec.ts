// Finds out why a path of a container cannot be synced. Pure.
import type { Container, PodSpec, Volume } from "../../apis/core/pod-spec.ts";

/** The engine puts its own file systems and files here, which hide those of the image. */
const OWN_FOLDERS = ["/dev", "/proc", "/sys"];
const OWN_FILES = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"];

/** Returns why the container cannot get a file at `target`; undefined: it can. */
export function syncRefusal(
  target: string,
  { name = "", securityContext, volumeMounts = [] }: Container,
  volumes: PodSpec["volumes"] = [],
): string | undefined {
  const segments = target.split("/").slice(1);
  if (!target.startsWith("/") || segments.some((segment) => ["", ".", ".."].includes(segment)))
    return `"${target}" is no clean absolute path of a file in the container`;
  if (securityContext?.readOnlyRootFilesystem === true)
    return `container "${name}" has a read-only root file system (securityContext.readOnlyRootFilesystem)`;
  if (OWN_FILES.includes(target)) return `${target} is a file of the container engine`;
  const own = OWN_FOLDERS.find((folder) => isWithin(target, folder));
  if (own !== undefined) return `${target} is in ${own}, which is not part of the image`;
  // A mount within another one hides it.
  const [mount] = volumeMounts
    .filter(({ mountPath }) => isWithin(target, mountPath))
    .toSorted((a, b) => b.mountPath.length - a.mountPath.length);
  if (!mount) return undefined;
  const kind = volumeRefusal(
    volumes.find((volume) => volume.name === mount.name),
    mount.readOnly,
  );
  return kind && `${target} is in volume "${mount.name}", ${kind}`;
}

function volumeRefusal(volume: Volume | undefined, readOnly = false): string | undefined {
  if (!volume?.emptyDir && !volume?.persistentVolumeClaim) return "whose files come from Kubernetes objects";
  if (readOnly || volume.persistentVolumeClaim?.readOnly) return "which is mounted read-only";
  const isInMemory = volume.emptyDir?.medium === "Memory";
  return isInMemory ? "which is in memory, so later instances would start without it" : undefined;
}

function isWithin(path: string, folder: string): boolean {
  return `${path}/`.startsWith(`${folder.replace(/\/+$/, "")}/`);
}
