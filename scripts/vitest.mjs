// Runs projects of vitest.config.ts and summarises their JSON reports.
import { mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { run } from "./run.mjs";

/** Projects that need neither a container engine nor a build. */
export const FAST = ["architecture", "unit", "golden", "property", "simulation"];
/**
 * All projects. The lanes run side by side, the groups of a lane one after the other. `failures` starts engines of its
 * own, so that it cannot disturb the tests with the shared engine.
 */
export const LANES = [[["contract", "integration", "clients", "examples"]], [FAST, ["sockets"], ["failures"]]];

/**
 * Runs the projects and writes a JSON report to `report`.
 * @param {readonly string[]} projects
 * @param {{ report: string, reporter?: "default" | "dot", capture?: boolean, env?: NodeJS.ProcessEnv,
 *   retry?: number }} options
 */
export function runTests(projects, { report, reporter = "default", capture = false, env = process.env, retry = 0 }) {
  mkdirSync(dirname(report), { recursive: true });
  const args = ["run", `--reporter=${reporter}`, "--reporter=json", `--outputFile.json=${report}`, `--retry=${retry}`];
  return run("node_modules/.bin/vitest", [...args, ...projects.flatMap((name) => ["--project", name])], {
    capture,
    env,
  });
}

/**
 * Reads reports and returns the number of passed and failed tests, and the names of the skipped ones and of those that
 * passed only when they were repeated.
 */
export function summarise(reports) {
  const tests = reports.flatMap((report) => JSON.parse(readFileSync(report, "utf8")).testResults.flatMap(testsOfFile));
  const having = (...statuses) => tests.filter((test) => statuses.includes(test.status));
  return {
    passed: having("passed").length,
    failed: having("failed").length,
    skipped: having("skipped", "pending", "todo", "disabled").map((test) => test.fullName),
    repeated: having("passed").flatMap((test) => (test.failureMessages?.length > 0 ? [test.fullName] : [])),
  };
}

/** A file can fail although all its tests passed, for example because it leaks: this counts as one failed test. */
function testsOfFile({ name, status, assertionResults }) {
  const fileFailed = status === "failed" && assertionResults.every((test) => test.status !== "failed");
  return fileFailed ? [...assertionResults, { status: "failed", fullName: name }] : assertionResults;
}
