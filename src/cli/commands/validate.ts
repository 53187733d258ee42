// `knap validate`: checks the files that `up` would use against Knative's admission rules. Exit code 2 on an error.

import { usageError } from "../cli-error.ts";
import type { GlobalFlags } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { findingLines, githubLines } from "../output/findings.ts";
import { readProject } from "../project-loading.ts";
import type { Terminal } from "../terminal.ts";

export interface ValidateFlags {
  readonly file?: readonly string[];
  readonly namespace?: string;
  readonly output?: string;
  readonly gates?: readonly string[];
}

/** `--gates kubernetes.podspec-affinity=Enabled` */
function gatesOf(words: readonly string[]): Readonly<Record<string, string>> {
  const pairs = words.map((word) => /^([^=]+)=(.+)$/.exec(word));
  const bad = words[pairs.indexOf(null)];
  if (bad !== undefined) throw usageError(`--gates: "${bad}" is not FEATURE=Enabled|Allowed|Disabled`);
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? "", pair?.[2] ?? ""]));
}

export async function validateCommand(
  _words: readonly string[],
  flags: ValidateFlags & GlobalFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const project = await readProject(flags, terminal, { mode: "validate", gates: gatesOf(flags.gates ?? []) });
  const { findings } = project;
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const form = flags.output ?? (terminal.env["GITHUB_ACTIONS"] ? "github" : "text");
  if (project.sources.length === 0 && errors === 0) throw usageError("there is no manifest", "name one with -f FILE");
  if (form === "json") terminal.print(JSON.stringify(findings, undefined, 2));
  else if (form === "github") for (const line of githubLines(findings)) terminal.print(line);
  else if (form === "text") for (const text of findingLines(findings, project.texts, terminal)) terminal.print(text);
  else throw usageError(`-o: unknown format "${form}"`, "use text, json or github");
  const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;
  const files = plural(project.sources.length, "file");
  terminal.say(`${files}: ${plural(errors, "error")}, ${plural(findings.length - errors, "warning")}`);
  return errors > 0 ? exitCodes.usage : exitCodes.ok;
}
