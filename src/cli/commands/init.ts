// `knap init`: copies a template into a folder and fills in the Service's name. It never overwrites a file.
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { CliError, usageError } from "../cli-error.ts";
import type { GlobalFlags } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import type { Terminal } from "../terminal.ts";

/** templates/ is beside dist/ in the package, and beside src/ in the repository. */
function templatesFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "templates")) && dirname(folder) !== folder) folder = dirname(folder);
  return join(folder, "templates");
}

/** A valid Service name made from a folder's name: lower case, digits and dashes, with a letter first. */
export function serviceName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "")
    .slice(0, 63);
  return name === "" ? "app" : name;
}

async function filesBelow(folder: string, below = ""): Promise<readonly string[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true });
  const found = entries.map((entry) => {
    const path = join(below, entry.name);
    return entry.isDirectory() ? filesBelow(folder, path) : [path];
  });
  return (await Promise.all(found)).flat().sort();
}

export async function init(
  words: readonly string[],
  flags: { dir?: string; name?: string; list?: boolean } & GlobalFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const templates = templatesFolder();
  const known = (await readdir(templates)).sort();
  if (flags.list) {
    terminal.print(known.join("\n"));
    return exitCodes.ok;
  }
  const [template = "node"] = words;
  if (!known.includes(template))
    throw usageError(`there is no template "${template}"`, `templates: ${known.join(", ")}`);
  const target = resolve(terminal.cwd, flags.dir ?? ".");
  const name = flags.name ?? serviceName(basename(target));
  const files = await filesBelow(join(templates, template));
  const taken = files.filter((file) => existsSync(join(target, file)));
  if (taken.length > 0) {
    const what = `${taken.join(", ")} ${taken.length === 1 ? "exists" : "exist"} already`;
    throw new CliError({ exitCode: exitCodes.usage, what, fix: "use another folder: `knap init --dir FOLDER`" });
  }
  for (const file of files) {
    const text = await readFile(join(templates, template, file), "utf8");
    await mkdir(dirname(join(target, file)), { recursive: true });
    await writeFile(join(target, file), text.replaceAll("{{name}}", name), { flag: "wx" });
    terminal.print(`created ${file}`);
  }
  terminal.say(
    `Run \`knap up${flags.dir === undefined ? "" : ` -f ${flags.dir}`}\`, then open http://${name}.default.localhost:8080`,
  );
  return exitCodes.ok;
}
