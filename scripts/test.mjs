// `npm test`: all tests against real parts. Ends with what was skipped, by name, and one line `N passed, N failed`.
// `npm test -- NAME…` runs only those projects of vitest.config.ts.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { engineAnswers, installMissing, mayInstall, startEngine } from "./engine.mjs";
import { run } from "./run.mjs";

const ALL = [
  "architecture",
  "unit",
  "golden",
  "property",
  "simulation",
  "sockets",
  "contract",
  "integration",
  "clients",
  "examples",
];
const chosen = process.argv.slice(2);
const projects = chosen.length > 0 ? chosen : ALL;

async function prepareEngine() {
  if (mayInstall()) installMissing();
  if (await engineAnswers()) return undefined;
  if (mayInstall()) return startEngine();
  console.error(
    "knap's tests need a Docker Engine and none answers: start one, or on Debian as root run them with KNAP_TEST_SETUP=1, which installs and starts one for the tests.",
  );
  process.exit(3);
}

function report(file) {
  const tests = JSON.parse(readFileSync(file, "utf8")).testResults.flatMap(({ name, status, assertionResults }) => {
    // A file may fail though each of its tests passed: it cannot be read, or leaves something behind.
    const asAWhole = status === "failed" && assertionResults.every((test) => test.status !== "failed");
    return asAWhole ? [...assertionResults, { status: "failed", fullName: name }] : assertionResults;
  });
  const having = (...statuses) => tests.filter((test) => statuses.includes(test.status));
  const skipped = having("skipped", "pending", "todo", "disabled");
  if (skipped.length > 0)
    console.log(`\n${skipped.length} skipped:\n${skipped.map((test) => `  ${test.fullName}`).join("\n")}`);
  const failed = having("failed").length;
  console.log(`\n${having("passed").length} passed, ${failed} failed`);
  return failed;
}

const engine = await prepareEngine();
const folder = mkdtempSync(join(tmpdir(), "knap-test-"));
let code = 1;
try {
  await run("node", ["scripts/build.mjs"]);
  const file = join(folder, "report.json");
  const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const env = engine ? { ...process.env, DOCKER_HOST: engine.host } : process.env;
  code = await run("node_modules/.bin/vitest", [...args, ...projects.flatMap((project) => ["--project", project])], {
    env,
  });
  if (report(file) > 0) code = 1;
} finally {
  await engine?.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(code);
