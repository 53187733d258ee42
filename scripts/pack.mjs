// `npm run pack -- [FOLDER]`: builds a release, packs it into FOLDER and checks the tarball. Prints the tarball's path.
// It leaves dist/ alone, because running sessions and tests use it.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { buildAll, root } from "./build.mjs";
import { run } from "./run.mjs";

/** What the package contains besides dist/ and schema/, which the build makes. */
const SOURCES = ["package.json", "README.md", "LICENSE", "ci", "docs", "templates"];

/** Runs a program. Rejects with its output if it fails. */
async function must(command, ...args) {
  const { code, output } = await run(command, args, { capture: true });
  if (code !== 0) throw new Error(`${[command, ...args].join(" ")} failed:\n${output}`);
  return output;
}

/** Builds and packs into the folder. Resolves with the path of the tarball. */
export async function packRelease(folder) {
  const stage = mkdtempSync(join(tmpdir(), "knap-release-"));
  try {
    for (const name of SOURCES) cpSync(join(root, name), join(stage, name), { recursive: true });
    await buildAll({ dist: join(stage, "dist"), isRelease: true });
    mkdirSync(folder, { recursive: true });
    const cache = join(stage, ".npm");
    const packed = await must(
      "npm",
      "pack",
      stage,
      "--json",
      "--ignore-scripts",
      "--pack-destination",
      folder,
      "--cache",
      cache,
    );
    return join(folder, JSON.parse(packed)[0].filename);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/** Rejects with the findings of publint or of Are The Types Wrong about the tarball. */
export async function checkTarball(tarball) {
  const bin = (name, ...args) => must(join(root, "node_modules/.bin", name), ...args);
  await Promise.all([bin("publint", tarball, "--strict"), bin("attw", tarball, "--no-emoji", "--no-color")]);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const tarball = await packRelease(resolve(process.argv[2] ?? root));
  await checkTarball(tarball);
  console.log(tarball);
}
