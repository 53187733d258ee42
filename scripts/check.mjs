// `npm run check`: all checks that need no container engine. A green run prints one line per step; a failure is printed
// in full. The report of the tests stays in REPORT, so that `npm test -- --after-check` does not run them again.
import { run } from "./run.mjs";
import { FAST, runTests, summarise } from "./vitest.mjs";

export const REPORT = "node_modules/.cache/knap/check-report.json";

const bin = (name, ...args) => run(`node_modules/.bin/${name}`, args, { capture: true });

/** Runs a step and prints its result. Resolves to true if the step passed. */
async function step(name, work, detail = () => "") {
  const started = performance.now();
  const { code, output } = await work();
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6);
  console.log(`${code === 0 ? "✓" : "✗"} ${name.padEnd(9)}${seconds} s  ${code === 0 ? detail() : ""}`);
  if (code !== 0) console.log(output);
  return code === 0;
}

function testCounts() {
  const { passed, skipped } = summarise([REPORT]);
  return `${passed} tests${skipped.length > 0 ? `, ${skipped.length} skipped` : ""}`;
}

async function check() {
  const quick = await Promise.all([
    step("lint", () => bin("biome", "check", "--diagnostic-level=error", ".")),
    step("types", () => bin("tsc", "--noEmit")),
    step("unused", () => bin("knip")),
  ]);
  if (quick.includes(false)) return false;
  return step("tests", () => runTests(FAST, { report: REPORT, reporter: "dot", capture: true }), testCounts);
}

if (import.meta.filename === process.argv[1]) process.exit((await check()) ? 0 : 1);
