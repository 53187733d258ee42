// Reports when the disk of a runtime is full and when it has free space again, from the results of the runtime's calls.
import { type ContainerRuntime, RuntimeError } from "./runtime.ts";

/** `full`: the error text of the call that failed because the disk is full. */
export type DiskState = { readonly full: string } | "free";

/**
 * Returns a runtime that behaves as the given one. It calls `report` after each call that fails because the disk is
 * full, and after each successful call that needs disk space.
 */
export function watchDisk(runtime: ContainerRuntime, report: (state: DiskState) => void): ContainerRuntime {
  const mayFail = <A extends unknown[], T>(call: (...args: A) => Promise<T>): ((...args: A) => Promise<T>) => {
    return async (...args) => {
      try {
        return await call(...args);
      } catch (error) {
        if (error instanceof RuntimeError && error.code === "no-space") report({ full: error.message });
        throw error;
      }
    };
  };
  const writes = <A extends unknown[], T>(call: (...args: A) => Promise<T>): ((...args: A) => Promise<T>) => {
    return async (...args) => {
      const result = await mayFail(call)(...args);
      report("free");
      return result;
    };
  };
  const { images, volumes } = runtime;
  return {
    ...runtime,
    // `create` also succeeds on a full disk, so its success does not show free space.
    create: mayFail(runtime.create),
    start: writes(runtime.start),
    putArchive: writes(runtime.putArchive),
    images: {
      ...images,
      pull: writes(images.pull),
      build: writes(images.build),
      import: writes(images.import),
      tag: writes(images.tag),
    },
    volumes: { ...volumes, create: mayFail(volumes.create) },
  };
}
