import { expect, test } from "vitest";
import { BuildSteps } from "../../../../src/node/agent/build-steps.ts";

test("the step of a build is known until the build ends, also if it fails", async () => {
  const builds = new BuildSteps();
  const seen: unknown[] = [];
  const build = builds.follow(async ({ onStep }) => {
    seen.push(builds.steps);
    onStep?.({ name: "[1/2] RUN a", state: "started" });
    seen.push(builds.steps);
    throw new Error("aborted");
  });
  const plan = { context: "/", dockerfile: "/Dockerfile", args: {}, bases: [] };
  const request = { service: "default/a", plan, signal: new AbortController().signal, onOutput: () => {} };
  await expect(build(request)).rejects.toThrow("aborted");
  expect(seen).toEqual([{ "default/a": "" }, { "default/a": "[1/2] RUN a" }]);
  expect(builds.steps).toEqual({});
});
