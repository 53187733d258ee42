// `npm start -- ARGS`: runs the CLI from dist/, and builds first if a source is newer. Without ARGS it serves
// examples/hello.
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const inputs = ["src", "scripts/build.mjs", "scripts/stubs", "package.json", "package-lock.json"];

/** Returns the newest modification time under a path, in ms since the epoch. */
async function newest(path) {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) return 0;
  if (!info.isDirectory()) return info.mtimeMs;
  const names = await readdir(path);
  return Math.max(info.mtimeMs, ...(await Promise.all(names.map((name) => newest(join(path, name))))));
}

async function isStale() {
  const built = await stat(join(root, "dist/.built")).catch(() => undefined);
  if (built === undefined || !existsSync(join(root, "dist/cli.js"))) return true;
  const changes = await Promise.all(inputs.map((input) => newest(join(root, input))));
  return Math.max(...changes) > built.mtimeMs;
}

if (await isStale()) {
  const { buildAll } = await import("./build.mjs");
  await buildAll();
}
const cli = join(root, "dist/cli.js");
const given = process.argv.slice(2);
const args = given.length > 0 ? given : ["up", "-f", join(root, "examples/hello")];
// npm runs scripts in the package's folder, but relative paths refer to the user's working folder.
if (process.env.INIT_CWD !== undefined && existsSync(process.env.INIT_CWD)) process.chdir(process.env.INIT_CWD);
process.argv = [process.argv[0], cli, ...args];
await import(pathToFileURL(cli).href);
