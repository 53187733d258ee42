// Makes projects of `knap init` and the commands that run and test them on this machine, without a registry.
import { appendFileSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type TemplateName, templates } from "../../src/cli/templates.ts";
import type { KnapHome } from "./knap.ts";

const modules = new URL("../../node_modules/", import.meta.url).pathname;

/** Node 22.18 and newer run TypeScript; for older ones tsx does. */
const hasTypes = (process.features as { typescript?: unknown }).typescript !== undefined;
const withTypes = hasTypes ? [] : [`--import=${join(modules, "tsx/dist/loader.mjs")}`];

/** How each template's server starts as a process. */
export const serverCommands: Readonly<Record<TemplateName, readonly string[]>> = {
  node: ["node", "server.js"],
  typescript: ["node", ...withTypes, "server.ts"],
  python: ["python3", "server.py"],
  go: ["sh", "-c", "go build -o server . && exec ./server"],
  websocket: ["node", "server.js"],
};

/** CMD of `knap ci` that runs the template's own tests. */
export function testCommand(template: TemplateName): readonly string[] {
  const variables = template === "typescript" ? withTypes.map((option) => `NODE_OPTIONS=${option}`) : [];
  return ["env", ...variables, ...templates[template].test.split(" ")];
}

/** Runs `knap init` in the home and returns the new folder, with the packages that `npm install` would install. */
export async function makeTemplateProject(home: KnapHome, template: TemplateName): Promise<string> {
  const name = `my-${template}`;
  const made = await home.run(["init", name, "--template", template]);
  if (made.code !== 0) throw new Error(made.stderr);
  const folder = join(home.folder, name);
  if (template === "typescript" && !hasTypes) {
    appendFileSync(join(folder, "knap.yaml"), `    command: ${JSON.stringify(serverCommands.typescript)}\n`);
  }
  if ("install" in templates[template]) {
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(join(modules, "ws"), join(folder, "node_modules/ws"));
  }
  return folder;
}
