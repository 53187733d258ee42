// `npm test`: runs all tests, with a real container engine. Prints the names of skipped tests and, last, `N passed, N
// failed`. `npm test -- PROJECT…` runs only these projects of vitest.config.ts. `npm test -- --after-check` leaves out
// the projects that `npm run check` has just run, and counts their results.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { REPORT } from "./check.mjs";
import { engineAnswers, installMissing, mayInstall, startEngine } from "./engine.mjs";
import { run } from "./run.mjs";
import { FAST, runTests, SLOW, summarise } from "./vitest.mjs";

const args = process.argv.slice(2);
const afterCheck = args.includes("--after-check");
const named = args.filter((arg) => !arg.startsWith("--"));
const projects = named.length > 0 ? named : afterCheck ? SLOW : [...FAST, ...SLOW];

async function prepareEngine() {
  if (mayInstall()) installMissing();
  if (await engineAnswers()) return undefined;
  if (mayInstall()) return startEngine();
  console.error(
    "knap's tests need a container engine, and none answers. Start Docker, or, on Debian as root, set KNAP_TEST_SETUP=1: the tests then install and start an engine of their own.",
  );
  process.exit(3);
}

/** This project needs no engine and runs beside the others. Its output comes after theirs. */
const BESIDE = "sockets";
const engine = await prepareEngine();
const folder = mkdtempSync(join(tmpdir(), "knap-test-"));
let code = 1;
try {
  await run("node", ["scripts/build.mjs"]);
  const env = engine ? { ...process.env, DOCKER_HOST: engine.host } : process.env;
  // Tests with an engine mostly wait for it, one after the other; the tests of sockets use the processor meanwhile.
  const runGroup = async (group, capture) => {
    const report = join(folder, `${group[0]}.json`);
    return { report, ...(await runTests(group, { report, env, capture })) };
  };
  const others = projects.filter((name) => name !== BESIDE);
  const runs = await Promise.all([
    ...(others.length > 0 ? [runGroup(others, false)] : []),
    ...(others.length < projects.length ? [runGroup([BESIDE], others.length > 0)] : []),
  ]);
  for (const { output } of runs) process.stdout.write(output);
  code = Math.max(...runs.map((each) => each.code));
  const reports = runs.map(({ report }) => report);
  const { passed, failed, skipped } = summarise(afterCheck ? [REPORT, ...reports] : reports);
  if (skipped.length > 0) console.log(`\n${skipped.length} skipped:\n${skipped.map((name) => `  ${name}`).join("\n")}`);
  console.log(`\n${passed} passed, ${failed} failed`);
  if (failed > 0) code = 1;
} finally {
  await engine?.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(code);
