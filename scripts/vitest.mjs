// Runs projects of vitest.config.ts and summarises their JSON reports.
import { mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { run } from "./run.mjs";

/** Projects that need neither a container engine nor a build. */
export const FAST = ["architecture", "unit", "golden", "property", "simulation"];
/** Projects that use real sockets, the built program or a container engine. */
export const SLOW = ["sockets", "contract", "integration", "clients", "examples"];

/**
 * Runs the projects and writes a JSON report to `report`.
 * @param {readonly string[]} projects
 * @param {{ report: string, reporter?: "default" | "dot", capture?: boolean, env?: NodeJS.ProcessEnv }} options
 */
export function runTests(projects, { report, reporter = "default", capture = false, env = process.env }) {
  mkdirSync(dirname(report), { recursive: true });
  const args = ["run", `--reporter=${reporter}`, "--reporter=json", `--outputFile.json=${report}`];
  return run("node_modules/.bin/vitest", [...args, ...projects.flatMap((name) => ["--project", name])], {
    capture,
    env,
  });
}

/** Reads reports and returns the number of passed and failed tests and the names of the skipped ones. */
export function summarise(reports) {
  const tests = reports.flatMap((report) => JSON.parse(readFileSync(report, "utf8")).testResults.flatMap(testsOfFile));
  const having = (...statuses) => tests.filter((test) => statuses.includes(test.status));
  return {
    passed: having("passed").length,
    failed: having("failed").length,
    skipped: having("skipped", "pending", "todo", "disabled").map((test) => test.fullName),
  };
}

/** A file can fail although all its tests passed, for example because it leaks: this counts as one failed test. */
function testsOfFile({ name, status, assertionResults }) {
  const fileFailed = status === "failed" && assertionResults.every((test) => test.status !== "failed");
  return fileFailed ? [...assertionResults, { status: "failed", fullName: name }] : assertionResults;
}
