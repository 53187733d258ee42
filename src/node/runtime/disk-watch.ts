// Listens to what a runtime's writing calls come to, and tells when its disk is full and when there is room again. It asks and changes nothing.
import { type ContainerRuntime, RuntimeError } from "./runtime.ts";

/** `full`: with the runtime's own words of the call that found no room. */
export type DiskState = { readonly full: string } | "room";

/** The same runtime; `tell` hears of every call that found no room, and of every one that must have found some. */
export function watchDisk(runtime: ContainerRuntime, tell: (state: DiskState) => void): ContainerRuntime {
  const mayLack = <A extends unknown[], T>(call: (...args: A) => Promise<T>): ((...args: A) => Promise<T>) => {
    return async (...args) => {
      try {
        return await call(...args);
      } catch (error) {
        if (error instanceof RuntimeError && error.code === "no-space") tell({ full: error.message });
        throw error;
      }
    };
  };
  const writes = <A extends unknown[], T>(call: (...args: A) => Promise<T>): ((...args: A) => Promise<T>) => {
    return async (...args) => {
      const result = await mayLack(call)(...args);
      tell("room");
      return result;
    };
  };
  const { images, volumes } = runtime;
  return {
    ...runtime,
    // A folder or an empty file can still be made on a disk that holds not one byte more.
    create: mayLack(runtime.create),
    start: writes(runtime.start),
    putArchive: writes(runtime.putArchive),
    images: {
      ...images,
      pull: writes(images.pull),
      build: writes(images.build),
      import: writes(images.import),
      tag: writes(images.tag),
    },
    volumes: { ...volumes, create: mayLack(volumes.create) },
  };
}
