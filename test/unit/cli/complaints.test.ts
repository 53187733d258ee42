import { mkdirSync } from "node:fs";
import { expect, test } from "vitest";
import { complaintOf, complaintText } from "../../../src/cli/cli-error.ts";
import { RuntimeError } from "../../../src/node/runtime/runtime.ts";

function thrown(act: () => void): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error("it did not throw");
}

test("a file system error is an environment error of one line", () => {
  const complaint = complaintOf(thrown(() => mkdirSync("/dev/null/knap")));
  expect(complaint).toMatchObject({ exitCode: 3, what: expect.stringContaining("/dev/null/knap") });
  expect(complaintText(complaint)).not.toContain("internal error of knap");
  const denied = Object.assign(new Error("EACCES: permission denied, mkdir '/x'"), {
    code: "EACCES",
    syscall: "mkdir",
    path: "/x",
  });
  expect(complaintOf(denied)).toMatchObject({ fix: expect.stringContaining("XDG_RUNTIME_DIR") });
});

test("an error of the engine is no internal error; an engine that does not respond is an environment error", () => {
  const stopped = complaintOf(new RuntimeError("unreachable", "cannot list images: the engine does not answer"));
  expect(stopped).toMatchObject({ exitCode: 3, fix: expect.stringContaining("start Docker") });
  expect(stopped.why).toContain("does not answer");
  const failed = new RuntimeError("failed", "cannot build: no");
  expect(complaintOf(failed)).toEqual({ code: "ENGINE_FAILED", exitCode: 1, what: "cannot build: no" });
});

test("an unexpected error is reported as an internal error with its stack trace", () => {
  expect(complaintText(complaintOf(new RangeError("oops")))).toMatch(
    /internal error of knap\n {2}RangeError: oops\n[\s\S]*report it/,
  );
});
