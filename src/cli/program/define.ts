// Declares options that several commands share, and loads a command's module when the command runs.
import { type Command, InvalidArgumentError, Option } from "commander";
import type { CommandBody, GlobalFlags } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { type SessionFlags, sessionOption, withVariable } from "../flags/session-flags.ts";
import type { Terminal } from "../terminal.ts";

/** What a run of the CLI passes to its command, and where it takes the exit code. */
export interface Run {
  readonly terminal: Terminal;
  finish(code: ExitCode): void;
}

/** Collects the values of an option that may be given several times. */
export function gather(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

export function fileFlag(): Option {
  const option = new Option("-f, --file <path>", "file, folder, URL or - for standard input (repeatable)");
  return withVariable(option, "KNAP_FILE").argParser(gather);
}

export function kustomizeFlag(): Option {
  return new Option("-k, --kustomize <folder>", "kustomize folder, rendered by kubectl (repeatable)").argParser(gather);
}

export function namespaceFlag(): Option {
  return sessionOption("namespace");
}

/** `formats`: separated by `|`; one that ends with `=…` allows any text after the `=`. */
export function outputFlag(formats: string): Option {
  const allowed = formats.split("|");
  return new Option("-o, --output <format>", formats).argParser((text) => {
    const isAllowed = allowed.some((format) =>
      format.endsWith("=…") ? text.startsWith(format.slice(0, -1)) : text === format,
    );
    if (!isAllowed) throw new InvalidArgumentError(`Expected ${allowed.join(", ")}.`);
    return text;
  });
}

/** Sets the command's action. `load` imports the command's module when the command runs. */
export function act<F>(run: Run, command: Command, load: () => Promise<CommandBody<F>>): Command {
  return command.action(async (...given: unknown[]) => {
    // Commander passes the positional arguments, then the options, then the command.
    const args = given
      .slice(0, -2)
      .flat()
      .filter((arg): arg is string => typeof arg === "string");
    const body = await load();
    const flags = command.optsWithGlobals() as F & GlobalFlags & Pick<SessionFlags, "ui">;
    // Also from the variable; the arguments alone were read before.
    if (flags.ui === "json") run.terminal.errors.format = "event";
    // A copy would use the getter of `interrupts`.
    const terminal: Terminal = flags.quiet ? Object.create(run.terminal, { say: { value: () => {} } }) : run.terminal;
    run.finish(await body(args, flags, terminal));
  });
}
