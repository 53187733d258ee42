// Defines the messages between the test library and the process of its session: one JSON object a line, on the
// standard streams of the process.

import type { ApiAccess } from "../client/client.ts";

/** A verb that the process does. Everything else goes over the session's API. */
export type HarnessVerb =
  /** The first request: starts the session, deploys the files and waits until every Service is Ready. */
  | { readonly verb: "start"; readonly options: object }
  /** Builds and applies files or documents, and waits until their Services are Ready. */
  | { readonly verb: "apply"; readonly files: readonly string[]; readonly text: string; readonly timeoutMs?: number }
  /** Deletes all applied objects, and deploys the files of the start again. */
  | { readonly verb: "reset"; readonly timeoutMs?: number }
  /** Waits until the Service is Ready. */
  | { readonly verb: "ready"; readonly namespace: string; readonly name: string; readonly timeoutMs?: number };

export type HarnessRequest = HarnessVerb & { readonly id: number };

/** Why a request failed: what happened, why, what to do, and what `knap doctor` finds on this machine. */
export interface HarnessProblem {
  readonly what: string;
  readonly why?: string | undefined;
  readonly fix?: string | undefined;
  readonly doctor?: readonly { readonly what: string; readonly fix?: string | undefined }[] | undefined;
}

/** The answer to `start`. */
export interface StartedSession {
  readonly session: string;
  readonly runtime: "docker" | "process";
  readonly clock: "real" | "virtual";
  readonly namespace: string;
  readonly ingress: { readonly host: string; readonly port: number };
  readonly api: ApiAccess;
  readonly kubeconfig: string;
}

export type HarnessAnswer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly problem: HarnessProblem }
  /** A line of progress, a warning or the output of a build. */
  | { readonly line: string };
