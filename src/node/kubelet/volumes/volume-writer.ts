// Puts files into engine volumes through a container that is created with them, never started, and removed: works where the engine is elsewhere.
import type { Readable } from "node:stream";
import type { ContainerRuntime } from "../../runtime/runtime.ts";
import { ensurePauseImage } from "../pause-image.ts";

export interface WriterOptions {
  readonly runtime: ContainerRuntime;
  readonly architecture: string;
  readonly prefix: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Where the volume is mounted in the writer. */
export const WRITER_MOUNT = "volume";

export type VolumeWriter = (volume: string, path: "/" | typeof WRITER_MOUNT, tar: Readable) => Promise<void>;

/** Makes the writer of one session. `path`: the root of the writer (to set the volume's own mode) or the volume. */
export function makeVolumeWriter({ runtime, architecture, prefix, labels }: WriterOptions): VolumeWriter {
  let count = 0;
  return async (volume, path, tar) => {
    const image = await ensurePauseImage(runtime, architecture);
    const id = await runtime.create({
      name: `${prefix}_writer_${++count}`,
      image,
      env: [],
      labels: { ...labels, "knap.dev/role": "writer" },
      ports: [],
      mounts: [{ kind: "volume", source: volume, target: `/${WRITER_MOUNT}`, readOnly: false }],
    });
    try {
      await runtime.putArchive(id, path === "/" ? "/" : `/${path}`, tar);
    } finally {
      await runtime.remove(id);
    }
  };
}
