// Wraps a runtime to report, from the results of its writing calls, when its disk is full and when it has room again.
import { type ContainerRuntime, RuntimeError } from "./runtime.ts";

/** `full`: the error text of the call that failed for lack of space. */
export type DiskState = { readonly full: string } | "room";

/**
 * The same runtime. `report` is called after each call that failed for lack of space, and after each call that needed
 * space and succeeded.
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
      report("room");
      return result;
    };
  };
  const { images, volumes } = runtime;
  return {
    ...runtime,
    // These succeed on a full disk too, so their success does not show that there is room.
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
