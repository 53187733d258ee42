// `knap simulate`: the same autoscaler on virtual time, fed by a trace of load.
import { usageError } from "../cli-error.ts";
import type { ExitCode } from "../exit-code.ts";
import type { GlobalFlags } from "../program/define.ts";
import type { Terminal } from "../terminal.ts";

export interface SimulateFlags {
  readonly file?: readonly string[];
  readonly namespace?: string;
  readonly load: string;
  readonly startUp?: string;
  readonly startUpSpread?: string;
  readonly maxPods?: string;
  readonly seed?: string;
  readonly output?: string;
}

export async function simulate(
  _words: readonly string[],
  _flags: SimulateFlags & GlobalFlags,
  _terminal: Terminal,
): Promise<ExitCode> {
  throw usageError("simulate is not part of this version yet");
}
