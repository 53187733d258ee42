// `knap init`: copies a template into a folder and fills in the Service's name. Never overwrites a file.
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { CliError, usageError } from "../cli-error.ts";
import type { CommandBody } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { answerText } from "../output/answers.ts";
import { schemaLine, templatesFolder } from "../package-files.ts";
import { type Template, type TemplateName, templateNames, templates } from "../templates.ts";
import { initAgents } from "./init-agents.ts";
import { initWatch } from "./init-watch.ts";

const MAX_NAME = 63;

/** Returns a Service name made from the name of a folder. */
function serviceNameOf(folder: string): string {
  const name = folder
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/^[^a-z]+/, "");
  return name.slice(0, MAX_NAME).replace(/-+$/, "") || "app";
}

const isServiceName = (name: string): boolean => name.length <= MAX_NAME && /^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(name);

export interface InitFlags {
  readonly template?: TemplateName;
  readonly dir?: string;
  readonly list?: boolean;
  readonly watch?: boolean;
  readonly agents?: boolean;
  readonly output?: string;
}

/** Refuses a name that no Service can have, and the name of a template if no template is selected. */
function checkName(name: string, template: TemplateName | undefined): void {
  if (template === undefined && (templateNames as readonly string[]).includes(name)) {
    throw usageError(`"${name}" is a template`, `write \`knap init NAME --template ${name}\``);
  }
  if (!isServiceName(name)) {
    const rule = `use at most ${MAX_NAME} lower-case letters, digits and dashes, with a letter first`;
    throw usageError(`"${name}" cannot be the name of a Service`, rule);
  }
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => relative(folder, join(parentPath, name))).sort();
}

/** npm leaves files named .gitignore out of packages, so the templates have them without the dot. */
const targetName = (file: string): string => file.replace(/(^|[\\/])gitignore$/, "$1.gitignore");

/** Copies the template's files and resolves to them; refuses before the first copy if one of them exists. */
async function copyTemplate(template: TemplateName, target: string, name: string): Promise<readonly string[]> {
  const source = join(templatesFolder(), template);
  const files = await filesBelow(source);
  const taken = files.map(targetName).filter((file) => existsSync(join(target, file)));
  if (taken.length > 0) {
    const what = `${taken.join(", ")} ${taken.length === 1 ? "exists" : "exist"} already`;
    throw new CliError({ code: "FILE_EXISTS", what, fix: "use another folder: `knap init --dir FOLDER`" });
  }
  for (const file of files) {
    const text = await readFile(join(source, file), "utf8");
    const path = join(target, targetName(file));
    await mkdir(dirname(path), { recursive: true });
    const first = file === "knap.yaml" ? schemaLine(target) : "";
    await writeFile(path, first + text.replaceAll("{{name}}", name), { flag: "wx" });
  }
  return files.map(targetName);
}

/** The commands that run and test the new project. */
function nextSteps({ install, test }: Template, name: string, folder: string): string {
  const steps = [folder && `cd ${folder}`, install, `knap up`].flatMap((step) => (step ? [`\`${step}\``] : []));
  return `Run ${steps.join(", ")} and open http://${name}.default.localhost:8080. Test it: \`knap ci -- ${test}\``;
}

export const init: CommandBody<InitFlags> = async ([name], { list, ...flags }, terminal) => {
  const addition = flags.watch ? "--watch" : flags.agents ? "--agents" : undefined;
  if (addition !== undefined) {
    const isMore = name !== undefined || flags.template !== undefined || list || (flags.watch && flags.agents);
    if (isMore) throw usageError(`${addition} takes no template, no name and no other --list, --watch or --agents`);
    const folder = resolve(terminal.cwd, flags.dir ?? ".");
    if (flags.agents) return initAgents(folder, flags.output, terminal);
    if (flags.output !== undefined) throw usageError("--watch prints no JSON; its result is knap.yaml");
    return initWatch(folder, flags, terminal);
  }
  if (list) {
    const items = templateNames.map((each) => ({ name: each, summary: templates[each].summary }));
    if (flags.output === "json") terminal.print(answerText("TemplateList", { items }));
    else for (const each of templateNames) terminal.print(`${each.padEnd(12)}${templates[each].summary}`);
    return exitCodes.ok;
  }
  if (name !== undefined) checkName(name, flags.template);
  const template = flags.template ?? "node";
  const folder = flags.dir ?? name ?? "";
  const target = resolve(terminal.cwd, folder);
  const service = name ?? serviceNameOf(basename(target));
  const files = await copyTemplate(template, target, service);
  if (flags.output === "json") {
    terminal.print(answerText("InitReport", { folder: target, service, template, files }));
    return exitCodes.ok;
  }
  for (const file of files) terminal.print(`created ${relative(terminal.cwd, join(target, file))}`);
  terminal.say(nextSteps(templates[template], service, relative(terminal.cwd, target)));
  return exitCodes.ok;
};
