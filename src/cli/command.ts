// Types shared by every command. A command's module imports them from here, never from program/.
import type { ExitCode } from "./exit-code.ts";
import type { Terminal } from "./terminal.ts";

/** Flags that every command takes. */
export interface GlobalFlags {
  readonly session?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** A command: positional arguments and flags in, exit code out. */
export type CommandBody<F> = (
  words: readonly string[],
  flags: F & GlobalFlags,
  terminal: Terminal,
) => Promise<ExitCode>;
