// Listens to what a runtime's writing calls come to, and tells when its disk is full and when there is room again. It asks and changes nothing.
import { type ContainerRuntime, RuntimeError } from "./runtime.ts";

/** `full`: with the runtime's own words of the call that found no room. */
export type DiskState = { readonly full: string } | "room";

/** The same runtime; `tell` hears of every call that found no room, and of every one that wrote. */
export function watchDisk(runtime: ContainerRuntime, tell: (state: DiskState) => void): ContainerRuntime {
  const watched = <A extends unknown[], T>(call: (...args: A) => Promise<T>): ((...args: A) => Promise<T>) => {
    return async (...args) => {
      try {
        const result = await call(...args);
        tell("room");
        return result;
      } catch (error) {
        if (error instanceof RuntimeError && error.code === "no-space") tell({ full: error.message });
        throw error;
      }
    };
  };
  const { images, volumes } = runtime;
  return {
    ...runtime,
    create: watched(runtime.create),
    start: watched(runtime.start),
    putArchive: watched(runtime.putArchive),
    images: {
      ...images,
      pull: watched(images.pull),
      build: watched(images.build),
      import: watched(images.import),
      tag: watched(images.tag),
    },
    volumes: { ...volumes, create: watched(volumes.create) },
  };
}
