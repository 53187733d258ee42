// The small vocabulary in which the command tree is written: how options are read and how a command's module is loaded when it runs.
import { type Command, Option } from "commander";
import type { CommandBody, GlobalFlags } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import type { Terminal } from "../terminal.ts";

/** What one run of the CLI hands to its commands, and what comes back. */
export interface Run {
  readonly terminal: Terminal;
  finish(code: ExitCode): void;
}

/** Gathers a flag that may be given several times. */
export function gather(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** A flag with its `KNAP_…` environment variable; the flag wins. An empty variable counts as none: that is how compose and CI pass on what is not set. */
export function flag(
  names: string,
  text: string,
  rest: { readonly env?: string; readonly choices?: string[] } = {},
): Option {
  const option = new Option(names, text);
  if (rest.env !== undefined && process.env[rest.env] !== "") option.env(rest.env);
  if (rest.choices !== undefined) option.choices(rest.choices);
  return option;
}

/** `-f FILE`, repeatable. */
export function fileFlag(): Option {
  return flag("-f, --file <path>", "file, folder or - for standard input (repeatable)", { env: "KNAP_FILE" }).argParser(
    gather,
  );
}

export function namespaceFlag(): Option {
  return flag("-n, --namespace <name>", "namespace", { env: "KNAP_NAMESPACE" });
}

export function outputFlag(forms: string): Option {
  return flag("-o, --output <form>", forms);
}

/** Hangs a body onto a command. The body's module is imported only when the command runs. */
export function act<F>(run: Run, command: Command, load: () => Promise<CommandBody<F>>): Command {
  return command.action(async (...given: unknown[]) => {
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
