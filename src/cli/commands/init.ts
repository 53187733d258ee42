// `knap init`: copies a template into a folder and fills in the Service's name. Never overwrites a file.
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { isNear } from "../../base/near.ts";
import { CliError, usageError } from "../cli-error.ts";
import type { CommandBody } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { schemaLine, templatesFolder } from "../package-files.ts";
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
  readonly dir?: string;
  readonly name?: string;
  readonly list?: boolean;
  readonly watch?: boolean;
}

interface InitRequest {
  readonly template: string;
  /** The Service's name, if the user gave one. */
  readonly name: string | undefined;
  /** The target folder; undefined: the current one. */
  readonly folder: string | undefined;
}

/** `init [TEMPLATE] [NAME]`; one argument that is no template is the name. A name without --dir is a new folder. */
function requestOf(args: readonly string[], { dir, name }: InitFlags, templates: readonly string[]): InitRequest {
  const [first = "node"] = args;
  const isTemplate = templates.includes(first);
  const list = `templates: ${templates.join(", ")}`;
  const near = templates.filter((template) => isNear(template, first));
  if (!isTemplate && (args.length > 1 || near.length > 0 || !isServiceName(first))) {
    throw usageError(`there is no template "${first}"`, near[0] ? `did you mean ${near[0]}? ${list}` : list);
  }
  const named = isTemplate ? args[1] : first;
  const service = name ?? named;
  if (service !== undefined && !isServiceName(service)) {
    const rule = `use at most ${MAX_NAME} lower-case letters, digits and dashes, with a letter first`;
    throw usageError(`"${service}" cannot be the name of a Service`, rule);
  }
  return { template: isTemplate ? first : "node", name: service, folder: dir ?? named };
}

async function filesBelow(folder: string, below = ""): Promise<readonly string[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true });
  const found = entries.map((entry) => {
    const path = join(below, entry.name);
    return entry.isDirectory() ? filesBelow(folder, path) : [path];
  });
  return (await Promise.all(found)).flat().sort();
}

export const init: CommandBody<InitFlags> = async (args, flags, terminal) => {
  if (flags.watch) {
    if (args.length > 0 || flags.name !== undefined) throw usageError("--watch takes no template and no name");
    return initWatch(resolve(terminal.cwd, flags.dir ?? "."), flags, terminal);
  }
  const templates = templatesFolder();
  const known = (await readdir(templates)).sort();
  if (flags.list) {
    terminal.print(known.join("\n"));
    return exitCodes.ok;
  }
  const { template, folder, name: wantedName } = requestOf(args, flags, known);
  const target = resolve(terminal.cwd, folder ?? ".");
  const name = wantedName ?? serviceNameOf(basename(target));
  const files = await filesBelow(join(templates, template));
  const taken = files.filter((file) => existsSync(join(target, file)));
  if (taken.length > 0) {
    const what = `${taken.join(", ")} ${taken.length === 1 ? "exists" : "exist"} already`;
    throw new CliError({ exitCode: exitCodes.usage, what, fix: "use another folder: `knap init --dir FOLDER`" });
  }
  for (const file of files) {
    const text = await readFile(join(templates, template, file), "utf8");
    await mkdir(dirname(join(target, file)), { recursive: true });
    const first = file === "knap.yaml" ? schemaLine(target) : "";
    await writeFile(join(target, file), first + text.replaceAll("{{name}}", name), { flag: "wx" });
    terminal.print(`created ${join(folder ?? "", file)}`);
  }
  const command = folder === undefined ? "knap up" : `knap up -f ${folder}`;
  terminal.say(`Run \`${command}\`, then open http://${name}.default.localhost:8080`);
  return exitCodes.ok;
};
