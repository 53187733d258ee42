// Defines the requests and outcomes of file sync. `sync-files.ts` carries them out.

/** One file, folder or symbolic link to bring into the instances. */
export interface SyncedFile {
  /** Absolute path in the container, with `/` as separator. */
  readonly target: string;
  /**
   * Absolute path on this machine. A folder stands for itself, not for its content. undefined: it was deleted, and is
   * deleted in the instances. A source that has vanished meanwhile is skipped, because its deletion is a change too.
   */
  readonly source: string | undefined;
}

/** A command to run in each instance after the files are there: compose's `exec` of a watch rule. */
export interface SyncCommand {
  readonly command: readonly string[];
  readonly user?: string | undefined;
  readonly workingDir?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly privileged?: boolean | undefined;
}

export interface SyncRequest {
  /** `namespace/name` of the Service. All its revisions with its present image get the files. */
  readonly service: string;
  /** One batch, which becomes one archive. May be empty, for example to restart processes. */
  readonly files: readonly SyncedFile[];
  /** Restarts instances in place, one after the other. While there is no other, the activator holds requests. */
  readonly restart?: boolean | undefined;
  /** Commands to run in each instance after the files are there and before the restart. */
  readonly commands?: readonly SyncCommand[] | undefined;
  /** A newer batch aborts the request: instances that have not restarted yet are left to the newer one. */
  readonly signal: AbortSignal;
}

/** Milliseconds since the request. */
export interface SyncTimes {
  /** All running instances have the files. */
  readonly archivedMs: number;
  /** The last instance was started again; undefined: nothing was restarted. */
  readonly restartedMs?: number | undefined;
  /** The last instance answers requests (again); undefined: one does not, see `problems`. */
  readonly servedMs?: number | undefined;
}

export type SyncOutcome =
  | {
      readonly ok: true;
      /** Those that run with the files or start again with them. 0: later instances get the files. */
      readonly instances: number;
      /** The number of files in which later instances of the revision differ from the image: `dirty +N`. */
      readonly dirty: number;
      readonly times: SyncTimes;
      /** The restart is left to the time when no debugger is attached. */
      readonly isHeld: boolean;
      /** For people: commands that failed, and instances that do not become ready after their restart. */
      readonly problems: readonly string[];
    }
  /** The files cannot be synced, for example into a read-only file system. The caller rebuilds. */
  | { readonly ok: false; readonly message: string };

/** Rejects only with the reason of the signal. Failures of the engine are outcomes that are not ok. */
export type SyncFiles = (request: SyncRequest) => Promise<SyncOutcome>;
