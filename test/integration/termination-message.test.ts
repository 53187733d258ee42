// Tests the termination message of a container: from its message file, or from its log if the policy says so.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Container } from "../../src/apis/core/pod-spec.ts";
import { eventually } from "../support/eventually.ts";
import { type NodeBench, openNodeBench, statusOf } from "../support/node-bench.ts";

let bench: NodeBench;
beforeAll(async () => {
  bench = await openNodeBench("docker");
});
afterAll(() => bench.close());

const PATH = "/tmp/termination-message";
/** Runs `script` in a container and returns its last terminated state. */
async function runUntilTerminated(script: string, container: Partial<Container> = {}) {
  const { metadata } = bench.pod({
    command: ["sh", "-c", script],
    terminationMessagePath: PATH,
    terminationMessagePolicy: "FallbackToLogsOnError",
    ...container,
  });
  const found = await eventually(() => {
    const { lastState } = statusOf(bench.now(metadata.name));
    if (!lastState?.terminated) throw new Error("the container has not terminated");
    return lastState.terminated;
  });
  bench.remove(metadata.name);
  return { exitCode: found.exitCode, message: found.message };
}

test.each<[string, string, Partial<Container>, object]>([
  ["is the content of its file", `echo out; printf why >${PATH}; exit 3`, {}, { exitCode: 3, message: "why" }],
  ["exists after a success too", `echo out; printf done >${PATH}`, {}, { exitCode: 0, message: "done" }],
  ["is absent after a success without a file", "echo out", {}, { exitCode: 0, message: undefined }],
  ["is the end of the log when the file is missing", "echo out; exit 3", {}, { exitCode: 3, message: "out\n" }],
  ["is the end of the log when the file is empty", `echo out; : >${PATH}; exit 3`, {}, { message: "out\n" }],
  ["is the end of the log when the path is a folder", `echo out; mkdir ${PATH}; exit 3`, {}, { message: "out\n" }],
  [
    "is absent without a file if the policy is File",
    "echo out; exit 3",
    { terminationMessagePolicy: "File" },
    { exitCode: 3, message: undefined },
  ],
  [
    "is the end of the log if the file was at the default path, which is removed with the container",
    "echo out; printf why >/dev/termination-log; exit 3",
    { terminationMessagePath: "/dev/termination-log" },
    { message: "out\n" },
  ],
  [
    "is at most the last 4096 bytes",
    `i=0; while [ $i -lt 600 ]; do echo 0123456789; i=$((i+1)); done >${PATH}; printf end >>${PATH}; exit 3`,
    {},
    { message: `${"0123456789\n".repeat(600).slice(-4093)}end` },
  ],
])("the message of a container %s", async (_, script, container, expected) => {
  expect(await runUntilTerminated(script, container)).toMatchObject(expected);
});
