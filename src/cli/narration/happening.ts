// What plain and JSON output tell of: one small union, so that both say the same things. Types only.
import type { ColdStartParts } from "../../client/live.ts";

export type Happening =
  | { readonly type: "session"; readonly url: string; readonly runtime: string; readonly services: number }
  | { readonly type: "notice"; readonly text: string }
  | {
      readonly type: "ready";
      readonly namespace: string;
      readonly service: string;
      readonly url: string;
      /** The Service's own loopback address, which needs no name resolution. */
      readonly address?: string;
      /** What to type to reach the URL from here, where it is not enough. */
      readonly reach?: string;
      readonly revision: string;
    }
  | {
      readonly type: "mapped";
      readonly namespace: string;
      readonly domain: string;
      readonly url: string;
      readonly reach?: string;
    }
  | {
      readonly type: "failed";
      readonly namespace: string;
      readonly service: string;
      readonly reason: string;
      readonly message: string;
      readonly fix?: string;
    }
  | { readonly type: "deleted"; readonly namespace: string; readonly service: string }
  | {
      readonly type: "scaled";
      readonly namespace: string;
      readonly revision: string;
      readonly from: number;
      readonly to: number;
      readonly why?: string;
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
      readonly fix?: string;
    }
  | {
      readonly type: "file";
      readonly place: string;
      readonly message: string;
      readonly severity: "error" | "warning";
      /** The line itself and a caret below its place. */
      readonly excerpt?: readonly string[];
    }
  | {
      readonly type: "build";
      readonly service: string;
      readonly phase: "changed" | "started" | "done" | "failed";
      /** Of a failure: nothing was built before. */
      readonly first?: boolean;
      readonly message?: string;
    }
  | {
      readonly type: "applied";
      readonly object: string;
      readonly verdict: string;
      readonly warnings: readonly string[];
    };
