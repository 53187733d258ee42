// `knap init --watch`: writes the watch rules that Dockerfiles give to knap.yaml. Never changes existing rules.
import { readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { countText } from "../../base/count-text.ts";
import type { Project, ProjectService, WatchRule } from "../../project/project.ts";
import { withWatchRules } from "../../project/write-rules.ts";
import { CliError } from "../cli-error.ts";
import type { GlobalFlags } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { schemaLine } from "../package-files.ts";
import { loadUsableProject } from "../project-loading.ts";
import type { Terminal } from "../terminal.ts";

const nameOf = ({ object }: ProjectService): string => object.metadata.name;

function hasRules(service: ProjectService, { settings }: Project): boolean {
  return settings.services?.[nameOf(service)]?.develop?.watch !== undefined;
}

/** Why a Service gets no rules; undefined if the Dockerfile gives some. */
function obstacleOf(service: ProjectService, project: Project): string | undefined {
  if (hasRules(service, project)) return "knap.yaml has rules already";
  return service.develop?.isInferred ? undefined : service.develop?.noRules;
}

/** `folder`: that of the project. */
export async function initWatch(folder: string, flags: GlobalFlags, terminal: Terminal): Promise<ExitCode> {
  const file = folder === terminal.cwd ? [] : [folder];
  const project = await loadUsableProject({ ...flags, file }, terminal, { mode: "up" });
  const rules = new Map<string, readonly WatchRule[]>();
  for (const service of project.services) {
    const obstacle = obstacleOf(service, project);
    if (obstacle === undefined) rules.set(nameOf(service), service.develop?.rules ?? []);
    else terminal.say(`${nameOf(service)}: no rules written: ${obstacle}`);
  }
  if (rules.size === 0) {
    const isDone = project.services.every((service) => hasRules(service, project));
    const fix = isDone ? undefined : "write develop.watch in knap.yaml, as docs/watch.md describes";
    throw new CliError({ code: "NOT_POSSIBLE", what: "no Service gets watch rules", fix });
  }
  const path = project.file ?? join(project.folder, "knap.yaml");
  const before = project.file === undefined ? schemaLine(project.folder) : await readFile(path, "utf8");
  const shown = relative(terminal.cwd, path) || path;
  const written = withWatchRules(before, rules, project.folder);
  if (!written.ok) {
    const fix = "write these settings without an alias, or add develop.watch yourself, as docs/watch.md describes";
    throw new CliError({ code: "NOT_POSSIBLE", what: `${shown}: ${written.error}`, fix });
  }
  await writeFile(path, written.value);
  for (const [name, each] of rules) terminal.print(`${name}: wrote ${countText(each.length, "rule")} to ${shown}`);
  return exitCodes.ok;
}
