import { mkdirSync } from "node:fs";
import { expect, test } from "vitest";
import { complaintOf, complaintText } from "../../../src/cli/cli-error.ts";

function thrown(act: () => void): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error("it did not throw");
}

test("what the system refuses is its environment's trouble, in one line, and no fault of knap's own", () => {
  const complaint = complaintOf(thrown(() => mkdirSync("/dev/null/knap")));
  expect(complaint).toMatchObject({ exitCode: 3, what: expect.stringContaining("/dev/null/knap") });
  expect(complaintText(complaint)).not.toContain("fault of its own");
  const denied = Object.assign(new Error("EACCES: permission denied, mkdir '/x'"), {
    code: "EACCES",
    syscall: "mkdir",
    path: "/x",
  });
  expect(complaintOf(denied)).toMatchObject({ fix: expect.stringContaining("XDG_RUNTIME_DIR") });
});

test("an error that nobody expected is called a fault, with its trace", () => {
  expect(complaintText(complaintOf(new RangeError("oops")))).toMatch(
    /fault of its own\n {2}RangeError: oops\n[\s\S]*report it/,
  );
});
