// Defines synced files as the kubelet uses them. `node/agent/overlays.ts` implements them.
import type { Readable } from "node:stream";
import type { StoredPod } from "../../apis/core/pod.ts";

/** The container that gets files. */
export interface FileReceiver {
  /** The user of its process, in the notation of an image's USER. */
  readonly user: string;
  /** Resolves with the text of a file of the container; "" if there is none. */
  readonly read: (path: string) => Promise<string>;
}

/** Makes a tar for the folder `/` of a container. The files in it belong to the container's user. */
export type FileArchive = (receiver: FileReceiver) => Promise<Readable>;

/** Returns the files that the serving container of a pod gets before its start; undefined: it gets none. */
export type OverlayOf = (pod: StoredPod) => FileArchive | undefined;

/** A change of files in running containers. */
export interface FileChange {
  /** Absolute paths. They are deleted before the new files come. */
  readonly deleted: readonly string[];
  readonly archive: FileArchive | undefined;
}
