// Defines the answers of `/debug` of the API group knap.dev.
import type { DebuggerKind } from "../apis/serving/debug.ts";

/** The instance that runs under the debugger. */
export interface DebuggedInstance {
  /** The name of the pod. */
  readonly pod: string;
  /** The debugger listens. */
  readonly listens: boolean;
  /** The instance gets requests. */
  readonly ready: boolean;
  /** Why it is not ready, as the kubelet reports it. */
  readonly problem?: string | undefined;
}

/** One debugged revision. */
export interface DebugState {
  readonly namespace: string;
  /** Absent: the revision belongs to no Service. */
  readonly service?: string | undefined;
  readonly revision: string;
  readonly debugger: DebuggerKind;
  /** Where debuggers attach. */
  readonly host: string;
  readonly port: number;
  /** Where the debugger listens in the instance. */
  readonly containerPort: number;
  /** The number of debuggers that are attached now. */
  readonly attached: number;
  /** The app does not start before a debugger attaches. */
  readonly waits: boolean;
  /** Absent: it is on its way. */
  readonly instance?: DebuggedInstance | undefined;
  /** The folder of the sources on this machine, and in the instance if that is another one. */
  readonly localRoot?: string | undefined;
  readonly remoteRoot?: string | undefined;
}

export interface DebugStart extends DebugState {
  /** It was on before. */
  readonly already: boolean;
}
