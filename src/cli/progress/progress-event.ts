// Defines the progress events of a session.
import type { ColdStartParts } from "../../client/live.ts";
import type { ErrorCode } from "../error-codes.ts";

/** One line of progress. `--ui json` prints these fields, so their names never change. */
export type ProgressEvent =
  | { readonly type: "session"; readonly url: string; readonly runtime: string; readonly services: number }
  | { readonly type: "notice"; readonly text: string }
  | {
      readonly type: "ready";
      readonly namespace: string;
      readonly service: string;
      readonly url: string;
      /** The Service's own loopback address, usable without DNS. */
      readonly address?: string | undefined;
      /** A command that reaches the URL from this machine, if the URL alone does not. */
      readonly reach?: string | undefined;
      readonly revision: string;
    }
  | {
      readonly type: "mapped";
      readonly namespace: string;
      readonly domain: string;
      readonly url: string;
      readonly reach?: string | undefined;
    }
  | {
      readonly type: "failed";
      readonly namespace: string;
      readonly service: string;
      readonly code: ErrorCode;
      readonly reason: string;
      readonly message: string;
      readonly fix?: string | undefined;
    }
  | { readonly type: "deleted"; readonly namespace: string; readonly service: string }
  | {
      readonly type: "scaled";
      readonly namespace: string;
      readonly revision: string;
      readonly from: number;
      readonly to: number;
      readonly why?: string | undefined;
    }
  | {
      readonly type: "woke";
      readonly revision: string;
      readonly pod: string;
      readonly totalMs: number;
      readonly parts: ColdStartParts;
    }
  | {
      readonly type: "event";
      readonly about: string;
      readonly reason: string;
      readonly message: string;
      readonly fix?: string | undefined;
    }
  | {
      readonly type: "file";
      readonly place: string;
      readonly message: string;
      readonly severity: "error" | "warning";
      /** The quoted line, then a line with a caret below the column. */
      readonly excerpt?: readonly string[] | undefined;
      readonly fix?: string | undefined;
    }
  | {
      readonly type: "build";
      readonly service: string;
      readonly phase: "changed" | "started" | "done" | "failed";
      /** With `changed`: the image is the same, so that no new revision follows. */
      readonly same?: boolean;
      /** With `failed`: no build of this Service has succeeded yet. */
      readonly first?: boolean;
      readonly message?: string;
      /** With `done`. */
      readonly totalMs?: number;
      /** With `done`: the steps of the Dockerfile, and how many of them the builder had in its cache. */
      readonly steps?: number;
      readonly cached?: number;
    }
  | {
      readonly type: "synced";
      /** `namespace/name` */
      readonly service: string;
      /** The changed files. */
      readonly files: readonly string[];
      /** How many of them were copied into the instances; 0: the instances only restart. */
      readonly copied: number;
      readonly instances: number;
      readonly dirty: number;
      /** ms since the save. */
      readonly times: {
        readonly noticedMs: number;
        readonly archivedMs: number;
        readonly restartedMs?: number | undefined;
        readonly servedMs?: number | undefined;
      };
    }
  | {
      readonly type: "applied";
      readonly object: string;
      readonly verdict: string;
      readonly warnings: readonly string[];
    };
