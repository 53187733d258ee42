// Helpers to declare the command tree: shared options, and loading a command's module only when the command runs.
import { type Command, Option } from "commander";
import type { CommandBody, GlobalFlags } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { sessionOption, withVariable } from "../flags/session-flags.ts";
import type { Terminal } from "../terminal.ts";

/** One run of the CLI: what its command gets, and where the exit code goes. */
export interface Run {
  readonly terminal: Terminal;
  finish(code: ExitCode): void;
}

/** Collects the values of an option that may be given several times. */
export function gather(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

export function fileFlag(): Option {
  const option = new Option("-f, --file <path>", "file, folder or - for standard input (repeatable)");
  return withVariable(option, "KNAP_FILE").argParser(gather);
}

export function namespaceFlag(): Option {
  return sessionOption("namespace");
}

export function outputFlag(formats: string): Option {
  return new Option("-o, --output <format>", formats);
}

/** Sets the command's action. `load` imports the command's module when the command runs. */
export function act<F>(run: Run, command: Command, load: () => Promise<CommandBody<F>>): Command {
  return command.action(async (...given: unknown[]) => {
    // Commander passes the positional arguments, then the options, then the command.
    const words = given
      .slice(0, -2)
      .flat()
      .filter((word): word is string => typeof word === "string");
    const body = await load();
    const flags = command.optsWithGlobals() as F & GlobalFlags;
    const terminal = flags.quiet ? { ...run.terminal, say: () => {} } : run.terminal;
    run.finish((await body(words, flags, terminal)) ?? exitCodes.ok);
  });
}
