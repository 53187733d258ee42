// `npm test`: runs all tests, with a real container engine. Prints the names of skipped tests and, last, `N passed, N
// failed`. `npm test -- PROJECT…` runs only these projects of vitest.config.ts. `npm test -- --after-check` leaves out
// the projects that `npm run check` has just run, and counts their results.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { REPORT } from "./check.mjs";
import { engineAnswers, installMissing, mayInstall, startEngine } from "./engine.mjs";
import { run } from "./run.mjs";
import { FAST, LANES, runTests, summarise } from "./vitest.mjs";

const args = process.argv.slice(2);
const afterCheck = args.includes("--after-check");
const named = args.filter((arg) => !arg.startsWith("--"));
const unknown = named.filter((name) => !LANES.flat(2).includes(name));
if (unknown.length > 0) {
  console.error(`no project ${unknown.join(", ")}; known are ${LANES.flat(2).join(", ")}`);
  process.exit(2);
}
const isWanted = (name) => (named.length > 0 ? named.includes(name) : !(afterCheck && FAST.includes(name)));
const lanes = LANES.map((groups) => groups.map((group) => group.filter(isWanted)).filter((group) => group.length > 0));

async function prepareEngine() {
  if (mayInstall()) installMissing();
  if (await engineAnswers()) return undefined;
  if (mayInstall()) return startEngine();
  console.error(
    "knap's tests need a container engine, and none answers. Start Docker, or, on Debian as root, set KNAP_TEST_SETUP=1: the tests then install and start an engine of their own.",
  );
  process.exit(3);
}

const engine = await prepareEngine();
const folder = mkdtempSync(join(tmpdir(), "knap-test-"));
let code = 1;
try {
  await run("node", ["scripts/build.mjs"]);
  const env = engine ? { ...process.env, DOCKER_HOST: engine.host } : process.env;
  // On a machine of CI a test that depends on time may fail once. It is repeated, and named below.
  const retry = mayInstall() ? 1 : 0;
  // Tests with an engine mostly wait for it; the other lane uses the processor meanwhile. Its output comes last.
  const runLane = async (groups, capture) => {
    const runs = [];
    for (const group of groups) {
      const report = join(folder, `${group[0]}.json`);
      runs.push({ report, ...(await runTests(group, { report, env, capture, retry })) });
    }
    return runs;
  };
  const runs = (await Promise.all(lanes.map((groups, at) => runLane(groups, at > 0)))).flat();
  for (const { output } of runs) process.stdout.write(output);
  code = Math.max(...runs.map((each) => each.code));
  const reports = runs.map(({ report }) => report);
  const { passed, failed, skipped, repeated } = summarise(afterCheck ? [REPORT, ...reports] : reports);
  for (const [names, what] of [
    [skipped, "skipped"],
    [repeated, "passed only when repeated"],
  ])
    if (names.length > 0) console.log(`\n${names.length} ${what}:\n${names.map((name) => `  ${name}`).join("\n")}`);
  console.log(`\n${passed} passed, ${failed} failed`);
  if (failed > 0) code = 1;
} finally {
  await engine?.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(code);
