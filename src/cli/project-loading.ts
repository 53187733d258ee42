// Reads the project that a command's flags mean and tells what is wrong with it; an unusable one ends the command with exit code 2.

import { loadProject, type ProjectWish, type Strictness } from "../project/load-project.ts";
import { hasErrors, type Project } from "../project/project.ts";
import { CliError } from "./cli-error.ts";
import { exitCodes } from "./exit-code.ts";
import type { SessionSettings } from "./flags/session-flags.ts";
import { findingLines, githubLines } from "./output/findings.ts";
import type { Terminal } from "./terminal.ts";

export interface ProjectFlags {
  readonly file?: readonly string[] | undefined;
  readonly namespace?: string | undefined;
  readonly validate?: SessionSettings["validate"] | undefined;
}

/** Knative says this of most Services, and says it again with each apply: too long for every start. */
const SAID_BY_THE_API = "Kubernetes default value is insecure";

export type Reading = Pick<Strictness, "mode" | "gates"> & Pick<ProjectWish, "absent">;

/** The project, with whatever is wrong in `findings`. */
export function readProject(
  flags: ProjectFlags,
  terminal: Terminal,
  { absent, ...strictness }: Reading = { mode: "up" },
): Promise<Project> {
  return loadProject({
    cwd: terminal.cwd,
    files: flags.file ?? [],
    namespace: flags.namespace,
    strictness: { ...strictness, fieldValidation: flags.validate },
    readStdin: terminal.readStdin,
    ...(absent && { absent }),
  });
}

/** The project, its warnings said; with errors, or with no manifest at all, a {@link CliError}. */
export async function loadUsableProject(flags: ProjectFlags, terminal: Terminal): Promise<Project> {
  const project = await readProject(flags, terminal);
  const findings = project.findings.filter(({ message }) => !message.startsWith(SAID_BY_THE_API));
  const text = findingLines(findings, project.texts, terminal).join("\n");
  if (hasErrors(project)) {
    const errors = project.findings.filter(({ severity }) => severity === "error").length;
    const annotations = terminal.env["GITHUB_ACTIONS"] ? githubLines(findings) : [];
    terminal.stderr.write(`${[text, ...annotations].join("\n")}\n`);
    throw new CliError({
      exitCode: exitCodes.usage,
      what:
        errors === 1
          ? "1 error in your files; nothing was applied"
          : `${errors} errors in your files; nothing was applied`,
    });
  }
  if (text !== "") terminal.say(text);
  if (project.objects.length === 0) {
    throw new CliError({
      exitCode: exitCodes.usage,
      what: "there is no manifest to work with",
      why: "looked for knap.yaml, *service.yaml and the folders knative/, k8s/ and config/",
      fix: "name one with -f FILE, or make one with `knap init`",
    });
  }
  return project;
}
