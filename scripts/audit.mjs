// `npm run audit`: checks the licences and install scripts of all dependencies, then asks the registry for known
// vulnerabilities. Offline it skips only the last check, and says so.
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { run } from "./run.mjs";

/** Packages that work without their install script: CI installs with `--ignore-scripts`. */
const SCRIPT_NOT_NEEDED = new Set(["@parcel/watcher", "cpu-features", "esbuild", "protobufjs", "ssh2"]);

const root = resolve(import.meta.dirname, "..");
const read = (path) => readFileSync(join(root, path), "utf8");

/** Licences that allow use in a product under Apache-2.0. MPL-2.0 covers only its own files. */
const LICENCES = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "MPL-2.0",
  "Python-2.0",
  "Unlicense",
  "Zlib",
]);

/** A table of browsers below jest, which tests use and the package does not contain. */
const EXCEPTIONS = new Set(["caniuse-lite: CC-BY-4.0"]);

/** Whether an SPDX expression is allowed: one licence of an OR, all of an AND. */
export function isAllowed(expression) {
  const choices = expression.replace(/[()]/g, "").split(" OR ");
  return choices.some((choice) => choice.split(" AND ").every((licence) => LICENCES.has(licence.trim())));
}

/** The licence in the lock file, else in the installed package; undefined for packages of other platforms. */
function licenceOf(path, { license, optional }) {
  const manifest = join(path, "package.json");
  if (license !== undefined) return license;
  if (!existsSync(join(root, manifest))) return optional ? undefined : "none";
  // Old packages have a list with the types.
  const { license: single, licenses = [] } = JSON.parse(read(manifest));
  return single ?? (licenses.map(({ type }) => type).join(" OR ") || "none");
}

/** Names of dependencies with a licence that is not allowed. */
function refusedLicences(packages) {
  return Object.entries(packages).flatMap(([path, entry]) => {
    const licence = path === "" ? undefined : licenceOf(path, entry);
    const text = `${path.replace(/^.*node_modules\//, "")}: ${licence}`;
    return licence === undefined || isAllowed(licence) || EXCEPTIONS.has(text) ? [] : [text];
  });
}

function report(name, problems, detail = "") {
  console.log(`${problems.length === 0 ? "✓" : "✗"} ${name}  ${problems.length === 0 ? detail : ""}`);
  for (const problem of problems) console.log(`  ${problem}`);
  return problems.length === 0;
}

/** The registry's answer, or why there is none. */
async function askRegistry() {
  const { output } = await run("npm", ["audit", "--json"], { capture: true });
  try {
    const answer = JSON.parse(output.slice(output.indexOf("{"), output.lastIndexOf("}") + 1));
    if (answer.vulnerabilities !== undefined) return { vulnerabilities: Object.values(answer.vulnerabilities) };
    return { why: answer.error?.summary || answer.message || "the answer has no list of vulnerabilities" };
  } catch {
    return { why: output.trim().split("\n").at(-1) ?? "npm audit has no output" };
  }
}

async function checkVulnerabilities() {
  const { vulnerabilities, why } = await askRegistry();
  if (vulnerabilities === undefined) {
    console.log(`! vulnerabilities  not checked, because the registry did not answer: ${why}`);
    console.log("  → run `npm run audit` again with access to the registry");
    return true;
  }
  const serious = vulnerabilities.filter(({ severity }) => ["moderate", "high", "critical"].includes(severity));
  const problems = serious.map(({ name, severity, range }) => `${name} ${range}: ${severity}; see \`npm audit\``);
  return report("vulnerabilities", problems, "none known");
}

async function audit() {
  const { packages } = JSON.parse(read("package-lock.json"));
  const licences = report("licences", refusedLicences(packages), `${Object.keys(packages).length - 1} packages`);
  const withScript = Object.entries(packages).flatMap(([path, { hasInstallScript }]) =>
    hasInstallScript ? [path.replace(/^.*node_modules\//, "")] : [],
  );
  const unknown = withScript.filter((name) => !SCRIPT_NOT_NEEDED.has(name));
  const problems = unknown.map((name) => `${name} has an install script: check whether knap needs it`);
  const scripts = report("scripts", problems, "none needed");
  return (await checkVulnerabilities()) && licences && scripts;
}

if (import.meta.filename === process.argv[1]) process.exit((await audit()) ? 0 : 1);
