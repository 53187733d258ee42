// Writes files into engine volumes by way of a container that mounts them and is never started. This also works with
// remote engines.
import type { Readable } from "node:stream";
import { type ContainerRuntime, type ContainerSpec, RuntimeError } from "../../runtime/runtime.ts";
import { ensurePauseImage } from "../pause-image.ts";

export interface WriterOptions {
  readonly runtime: ContainerRuntime;
  readonly architecture: string;
  readonly prefix: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The purpose of a container that belongs to no pod. */
export const ROLE_LABEL = "knap.dev/role";
export const WRITER_ROLE = "writer";

/** Where the volume is mounted in the writer. */
export const WRITER_MOUNT = "volume";

export type VolumeWriter = (volume: string, path: "/" | typeof WRITER_MOUNT, tar: Readable) => Promise<void>;

/**
 * Creates the writer of one session. `path`: the root of the writer container, to set the mode of the volume itself, or
 * the volume.
 */
export function makeVolumeWriter({ runtime, architecture, prefix, labels }: WriterOptions): VolumeWriter {
  return async (volume, path, tar) => {
    const image = await ensurePauseImage(runtime, architecture);
    // Writes to one volume never overlap. A fixed name gives repeated failures the same message.
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
      // An earlier writer that could not be removed while the engine was unreachable.
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
