// Files of a volume as a tar, laid out as the kubelet lays them: a dated folder, `..data` pointing to it, a link per entry. Writes to nothing.
import type { Readable } from "node:stream";
import { pack } from "tar-stream";
import type { VolumeFile } from "./volume-files-spec.ts";

export interface VolumeOwnership {
  readonly fsGroup: number | undefined;
}

/** The tar of one version of a volume's contents, to be unpacked at its root; the `..data` link comes last, so readers never see half. */
export function makeVolumeTar(files: readonly VolumeFile[], version: string, { fsGroup }: VolumeOwnership): Readable {
  const tar = pack();
  const gid = fsGroup ?? 0;
  // With a group, its members can read whatever the mode says.
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

/** Files put straight at a path inside a container, in place of a mount with `subPath`. */
export function makeCopyTar(files: readonly VolumeFile[]): Readable {
  const tar = pack();
  for (const { path, content, mode } of files) tar.entry({ name: path.replace(/^\//, ""), mode }, Buffer.from(content));
  tar.finalize();
  return tar as unknown as Readable;
}

/** The root of an empty volume, open to the pod's users as a cluster's emptyDir is. */
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
