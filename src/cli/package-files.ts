// Finds the files of the package that are not code: templates, and the JSON schema of knap.yaml.
import { existsSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const SCHEMA = join("schema", "knap.schema.json");

/** Returns the nearest path at or above the folder; undefined if it is nowhere. */
function findAbove(folder: string, name: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, name))) return join(at, name);
    if (dirname(at) === at) return undefined;
  }
}

const ownFolder = dirname(fileURLToPath(import.meta.url));

/** Returns the folder `templates`: beside dist/ in the package, beside src/ in the repository. */
export function templatesFolder(): string {
  return findAbove(ownFolder, "templates") ?? "templates";
}

/**
 * Returns the first line of a new knap.yaml in the folder, which tells editors its schema: that of the project's own
 * knap, else that of the running knap by its absolute path. "" if there is none.
 */
export function schemaLine(folder: string): string {
  const installed = findAbove(folder, join("node_modules", "knap", SCHEMA));
  const path = installed === undefined ? findAbove(ownFolder, SCHEMA) : relative(folder, installed);
  if (path === undefined) return "";
  const shown = path.split(sep).join("/");
  return `# yaml-language-server: $schema=${/^(\/|\.|\w:)/.test(shown) ? shown : `./${shown}`}\n`;
}
