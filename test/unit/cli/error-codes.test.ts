import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { complaintOf } from "../../../src/cli/cli-error.ts";
import { errorCodes } from "../../../src/cli/error-codes.ts";
import { knownCause } from "../../../src/cli/progress/known-causes.ts";
import { ApiError } from "../../../src/client/client.ts";
import { RuntimeError } from "../../../src/node/runtime/runtime.ts";

const page = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");

test("docs/errors.md has one row for each code, with its exit code and meaning", () => {
  const rows = page.split("\n").filter((line) => /^\| `[A-Z_]+` \|/.test(line));
  const wanted = Object.entries(errorCodes).map(
    ([code, { exitCode, means }]) => `| \`${code}\` | ${exitCode} | ${means} |`,
  );
  expect(rows).toEqual(wanted);
});

const apiError = (reason: NonNullable<ApiError["status"]["reason"]>) =>
  new ApiError({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message: "no", reason, code: 400 });

test.each([
  ["ErrImagePull", "pull access denied for x: authentication required", "IMAGE_ACCESS_DENIED"],
  ["ErrImagePull", "no such host", "IMAGE_UNAVAILABLE"],
  ["ErrImagePull", "write /var/lib: no space left on device", "DISK_FULL"],
  ["ExitCode3", "boom", "CONTAINER_EXITED"],
  ["RevisionFailed", 'readiness probe of container "app" failed: 500', "PROBE_FAILED"],
  ["SomethingNew", "", "NOT_READY"],
])("the failure %s: %s has the code %s", (reason, message, code) => {
  expect(knownCause(reason, message).code).toBe(code);
});

test.each<[unknown, string]>([
  [apiError("NotFound"), "NOT_FOUND"],
  [apiError("Conflict"), "CONFLICT"],
  [apiError("BadRequest"), "API_ERROR"],
  [new RuntimeError("unreachable", "no engine"), "NO_ENGINE"],
  [new RuntimeError("failed", "no"), "ENGINE_FAILED"],
  [Object.assign(new Error("no space"), { code: "ENOSPC" }), "DISK_FULL"],
  [new RangeError("oops"), "INTERNAL"],
])("%s has the code %s and its exit code", (error, code) => {
  const complaint = complaintOf(error);
  expect(complaint.code).toBe(code);
  expect(complaint.exitCode).toBe(errorCodes[complaint.code].exitCode);
});
