// Packs the files of a volume as a tar in the kubelet's layout: a dated folder, a link `..data` to it, and one link per
// entry. Pure.
import type { Readable } from "node:stream";
import { pack } from "tar-stream";
import type { VolumeFile } from "./volume-files-spec.ts";

export interface VolumeOwnership {
  readonly fsGroup: number | undefined;
}

/** Packs one version of a volume. The link `..data` comes last, so readers see either the old or the new version. */
export function makeVolumeTar(files: readonly VolumeFile[], version: string, { fsGroup }: VolumeOwnership): Readable {
  const tar = pack();
  const gid = fsGroup ?? 0;
  // The group can read all files, whatever their mode.
  const modeOf = (mode: number): number => (fsGroup === undefined ? mode : mode | 0o440);
  const folder = `..${version}`;
  tar.entry({ name: `${folder}/`, type: "directory", mode: 0o755, gid });
  for (const parent of parentFolders(files))
    tar.entry({ name: `${folder}/${parent}/`, type: "directory", mode: 0o755, gid });
  for (const { path, content, mode } of files) {
    tar.entry({ name: `${folder}/${path}`, mode: modeOf(mode), gid }, Buffer.from(content));
  }
  for (const top of new Set(files.map(({ path }) => path.split("/")[0] as string))) {
    tar.entry({ name: top, type: "symlink", linkname: `..data/${top}`, mode: 0o777, gid });
  }
  tar.entry({ name: "..data", type: "symlink", linkname: folder, mode: 0o777, gid });
  tar.finalize();
  return tar as unknown as Readable;
}

/** Packs files that are copied into a container in place of a mount with `subPath`. */
export function makeCopyTar(files: readonly VolumeFile[]): Readable {
  const tar = pack();
  for (const { path, content, mode } of files) tar.entry({ name: path.replace(/^\//, ""), mode }, Buffer.from(content));
  tar.finalize();
  return tar as unknown as Readable;
}

/** Packs an empty folder. Its mode makes the volume writable for all users, as an emptyDir is in a cluster. */
export function makeRootTar(name: string, { fsGroup }: VolumeOwnership): Readable {
  const tar = pack();
  tar.entry({ name: `${name}/`, type: "directory", mode: fsGroup === undefined ? 0o777 : 0o2777, gid: fsGroup ?? 0 });
  tar.finalize();
  return tar as unknown as Readable;
}

function parentFolders(files: readonly VolumeFile[]): readonly string[] {
  const folders = new Set<string>();
  for (const { path } of files) {
    const parts = path.split("/").slice(0, -1);
    for (let depth = 1; depth <= parts.length; depth++) folders.add(parts.slice(0, depth).join("/"));
  }
  return [...folders].sort();
}
