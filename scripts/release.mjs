// `npm run release -- VERSION`: checks that the commit is a release of VERSION, runs `npm run check`, and leaves a
// checked tarball in the folder release/. It publishes nothing: a person does.
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./build.mjs";
import { checkTarball, packRelease } from "./pack.mjs";
import { run } from "./run.mjs";

const VERSION = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/;

/** Returns the entries of one version, from its heading to the next; undefined if it has no heading. */
function sectionOf(changelog, heading) {
  const [, ...sections] = changelog.split(/^## /m);
  const section = sections.find((each) => each.startsWith(heading));
  return section?.split("\n").filter((line) => line.startsWith("- "));
}

/**
 * Returns what prevents a release, each with what to do. `changes`: the output of `git status --porcelain`.
 * @param {{ version: string, packageVersion: string, changelog: string, changes: string }} facts
 * @returns {readonly string[]}
 */
export function findProblems({ version, packageVersion, changelog, changes }) {
  if (!VERSION.test(version)) return [`"${version}" is no version: write \`npm run release -- 1.2.3\``];
  const section = sectionOf(changelog, `[${version}] - `);
  return [
    changes !== "" && `there are uncommitted changes: commit or drop them\n${changes.trimEnd()}`,
    packageVersion !== version &&
      `package.json has version ${packageVersion}: run \`npm version ${version} --no-git-tag-version\``,
    section === undefined && `CHANGELOG.md has no heading "## [${version}] - YYYY-MM-DD": name [Unreleased] so`,
    section?.length === 0 && `CHANGELOG.md has no entries for ${version}`,
    section !== undefined &&
      sectionOf(changelog, "[Unreleased]")?.length > 0 &&
      `CHANGELOG.md has entries under [Unreleased]: move them to ${version}`,
  ].filter((problem) => problem !== false);
}

async function release(version) {
  const { output: changes } = await run("git", ["-C", root, "status", "--porcelain"], { capture: true });
  const { version: packageVersion } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const changelog = readFileSync(join(root, "CHANGELOG.md"), "utf8");
  const problems = findProblems({ version, packageVersion, changelog, changes });
  for (const problem of problems) console.error(`release: ${problem}`);
  if (problems.length > 0) return 1;
  const { code } = await run("node", [join(root, "scripts/check.mjs")]);
  if (code !== 0) return code;
  const tarball = await packRelease(join(root, "release"));
  await checkTarball(tarball);
  console.log(`\nready: npm publish ${relative(process.cwd(), tarball)}`);
  return 0;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exit(await release(process.argv[2] ?? ""));
}
