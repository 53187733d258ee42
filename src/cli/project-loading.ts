// Loads the project that a command's flags select, and prints its findings. A project with errors ends the command.
import type { Strictness } from "../project/load-project.ts";
import { loadProject, type ProjectRequest } from "../project/load-project.ts";
import { hasErrors, type Project } from "../project/project.ts";
import { CliError } from "./cli-error.ts";
import type { GlobalFlags } from "./command.ts";
import type { SessionSettings } from "./flags/session-flags.ts";
import { findingLines, githubLines, shownFindings } from "./output/findings.ts";
import type { Terminal } from "./terminal.ts";

export interface ProjectFlags {
  readonly file?: readonly string[] | undefined;
  readonly kustomize?: readonly string[] | undefined;
  readonly namespace?: string | undefined;
  readonly validate?: SessionSettings["validate"] | undefined;
  readonly traffic?: SessionSettings["traffic"] | undefined;
}

type LoadOptions = Pick<Strictness, "mode" | "gates"> &
  Partial<Pick<ProjectRequest, "absent" | "readUrl" | "readStdin" | "overlay">>;

/** Resolves to the project. Its `findings` may contain errors. */
export function readProject(
  flags: ProjectFlags,
  terminal: Terminal,
  { absent, readUrl, readStdin = terminal.readStdin, overlay, ...strictness }: LoadOptions = { mode: "up" },
): Promise<Project> {
  return loadProject({
    cwd: terminal.cwd,
    files: flags.file ?? [],
    kustomize: flags.kustomize,
    traffic: flags.traffic,
    namespace: flags.namespace,
    strictness: { ...strictness, fieldValidation: flags.validate },
    overlay,
    readStdin,
    env: terminal.env,
    absent,
    readUrl,
  });
}

/** Prints the project's warnings. Throws a {@link CliError} if the project has errors or no manifest. */
export async function loadUsableProject(
  flags: ProjectFlags & GlobalFlags,
  terminal: Terminal,
  options?: LoadOptions,
): Promise<Project> {
  const project = await readProject(flags, terminal, options);
  const { findings, note } = shownFindings(project, flags);
  const text = findingLines(findings, project.texts, terminal).join("\n");
  if (hasErrors(project)) {
    const errors = project.findings.filter(({ severity }) => severity === "error").length;
    const annotations = terminal.env["GITHUB_ACTIONS"] ? githubLines(findings) : [];
    terminal.stderr.write(`${[text, ...annotations].join("\n")}\n`);
    throw new CliError({
      code: "INVALID_FILES",
      what: `${errors} ${errors === 1 ? "error" : "errors"} in your files; nothing was applied`,
    });
  }
  for (const line of [text, note]) if (line) terminal.say(line);
  if (project.objects.length === 0) {
    throw new CliError({
      code: "NO_MANIFEST",
      what: "there is no manifest",
      why:
        project.sources.length > 0
          ? `no document of ${project.sources.map(({ file }) => file).join(", ")} can be applied`
          : "looked for knap.yaml, *service.yaml and the folders knative/, k8s/ and config/",
      fix: "name one with -f FILE, or create one with `knap init`",
    });
  }
  return project;
}
