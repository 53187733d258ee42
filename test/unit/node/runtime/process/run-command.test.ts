// The output of commands that print much.
import { expect, test } from "vitest";
import { LimitedOutput } from "../../../../../src/node/runtime/limited-output.ts";
import { runCommand } from "../../../../../src/node/runtime/process/run-command.ts";

test("a command that prints much ends, and the first 10 KiB of its output are kept (11 A7)", async () => {
  const options = { cwd: "/", base: { PATH: process.env["PATH"] ?? "" } };
  const { exitCode, output } = await runCommand(["sh", "-c", "yes | head -c 1000000; exit 3"], options);
  expect(exitCode).toBe(3);
  expect(output).toBe("y\n".repeat(5 * 1024));
});

test("output keeps a character whose bytes come in two chunks (11 A7)", () => {
  const output = new LimitedOutput();
  const bytes = Buffer.from("völlig");
  output.add(bytes.subarray(0, 2));
  output.add(bytes.subarray(2));
  expect(output.text()).toBe("völlig");
});
