// `knap validate`: checks the files that `up` would use against Knative's admission rules. Exit code 2 on an error.

import { countText } from "../../base/count-text.ts";
import { usageError } from "../cli-error.ts";
import type { CommandBody } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { answerText } from "../output/answers.ts";
import { findingLines, githubLines, shownFindings } from "../output/findings.ts";
import { readProject } from "../project-loading.ts";

export interface ValidateFlags {
  readonly file?: readonly string[];
  readonly namespace?: string;
  readonly output?: "text" | "json" | "github";
  readonly gates?: readonly string[];
}

/** Parses the values of `--gates`, for example `kubernetes.podspec-affinity=Enabled`. */
function parseGates(gates: readonly string[]): Readonly<Record<string, string>> {
  const pairs = gates.map((gate) => {
    const [, feature = "", state = ""] = /^([^=]+)=(enabled|allowed|disabled)$/i.exec(gate) ?? [];
    if (feature === "") throw usageError(`--gates: "${gate}" is not FEATURE=Enabled|Allowed|Disabled`);
    return [feature, state] as const;
  });
  return Object.fromEntries(pairs);
}

export const validate: CommandBody<ValidateFlags> = async (_args, flags, terminal) => {
  const project = await readProject(flags, terminal, { mode: "validate", gates: parseGates(flags.gates ?? []) });
  const { findings } = project;
  const shown = shownFindings(project, flags);
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const format = flags.output ?? (terminal.env["GITHUB_ACTIONS"] ? "github" : "text");
  if (project.sources.length === 0 && errors === 0) throw usageError("there is no manifest", "name one with -f FILE");
  const warnings = findings.length - errors;
  const counts = { files: project.sources.length, errors, warnings };
  if (format === "json") terminal.print(answerText("ValidationReport", { ...counts, items: findings }));
  else if (format === "github") for (const line of githubLines(shown.findings)) terminal.print(line);
  else for (const text of findingLines(shown.findings, project.texts, terminal)) terminal.print(text);
  if (format === "text" && shown.note !== undefined) terminal.say(shown.note);
  const files = countText(project.sources.length, "file");
  terminal.say(`${files}: ${countText(errors, "error")}, ${countText(warnings, "warning")}`);
  return errors > 0 ? exitCodes.usage : exitCodes.ok;
};
