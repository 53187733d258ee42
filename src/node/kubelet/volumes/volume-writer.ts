// Writes files into the engine's volumes, by way of a container that mounts them and never starts. This also works with
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

/** Names the purpose of a container that belongs to no pod. */
export const ROLE_LABEL = "knap.dev/role";
export const WRITER_ROLE = "writer";

/** The mount point in the writer container, below its root. */
export const WRITER_MOUNT = "volume";

export type VolumeWriter = (volume: string, path: "/" | typeof WRITER_MOUNT, tar: Readable) => Promise<void>;

/** `path` of a write is the volume, or the root of the writer container to set the mode of the volume itself. */
export function makeVolumeWriter({ runtime, architecture, prefix, labels }: WriterOptions): VolumeWriter {
  return async (volume, path, tar) => {
    const image = await ensurePauseImage(runtime, architecture);
    // With a fixed name, repeated failures have the same message. Writes to one volume never overlap.
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
      // An earlier writer container still exists: the engine was unreachable when knap tried to remove that container.
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
