// Defines the type of a command and the flags that every command takes.
import type { ExitCode } from "./exit-code.ts";
import type { Terminal } from "./terminal.ts";

/** Flags that every command takes. */
export interface GlobalFlags {
  readonly session?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** A command: positional arguments and flags in, exit code out. */
export type CommandBody<F> = (args: readonly string[], flags: F & GlobalFlags, terminal: Terminal) => Promise<ExitCode>;
