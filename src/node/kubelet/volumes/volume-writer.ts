// Puts files into engine volumes through a container that is created with them, never started, and removed: works where the engine is elsewhere.
import type { Readable } from "node:stream";
import { type ContainerRuntime, type ContainerSpec, RuntimeError } from "../../runtime/runtime.ts";
import { ensurePauseImage } from "../pause-image.ts";

export interface WriterOptions {
  readonly runtime: ContainerRuntime;
  readonly architecture: string;
  readonly prefix: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What a container of knap's own is for, where it is none of a pod's. */
export const ROLE_LABEL = "knap.dev/role";
export const WRITER_ROLE = "writer";

/** Where the volume is mounted in the writer. */
export const WRITER_MOUNT = "volume";

export type VolumeWriter = (volume: string, path: "/" | typeof WRITER_MOUNT, tar: Readable) => Promise<void>;

/** Makes the writer of one session. `path`: the root of the writer (to set the volume's own mode) or the volume. */
export function makeVolumeWriter({ runtime, architecture, prefix, labels }: WriterOptions): VolumeWriter {
  return async (volume, path, tar) => {
    const image = await ensurePauseImage(runtime, architecture);
    // One volume is written by one at a time, and a name that stays the same makes a failure that is met again the same words.
    const spec: ContainerSpec = {
      name: `${prefix}_writer_${volume}`,
      image,
      env: [],
      labels: { ...labels, [ROLE_LABEL]: WRITER_ROLE },
      ports: [],
      mounts: [{ kind: "volume", source: volume, target: `/${WRITER_MOUNT}`, readOnly: false }],
    };
    const id = await runtime.create(spec).catch(async (error: unknown) => {
      if (!(error instanceof RuntimeError) || error.code !== "conflict") throw error;
      // One of ours that an engine kept which went away.
      await runtime.remove(spec.name);
      return runtime.create(spec);
    });
    try {
      await runtime.putArchive(id, path === "/" ? "/" : `/${path}`, tar);
    } finally {
      await runtime.remove(id);
    }
  };
}
