// How the log of a process splits its output into lines.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openProcessLog } from "../../../../../src/node/runtime/process/process-log.ts";
import { LINE_CHARACTERS } from "../../../../../src/node/runtime/runtime.ts";

const folder = mkdtempSync(join(tmpdir(), "knap-log-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function linesOf(chunks: readonly Buffer[]): Promise<readonly string[]> {
  const log = openProcessLog(join(folder, "log"), () => "2026-01-01T00:00:00Z");
  for (const chunk of chunks) log.write("stdout", chunk);
  log.end();
  const lines: string[] = [];
  for await (const { text } of log.read({ follow: false })) lines.push(text);
  return lines;
}

test("a long unfinished line is cut at the limit, in linear time (11 A7)", async () => {
  const chunk = Buffer.alloc(1024, "x");
  const started = performance.now();
  const lines = await linesOf([...Array(40_960).fill(chunk), Buffer.from("end\nlast")]);
  expect(lines).toEqual([...Array(40).fill("x".repeat(LINE_CHARACTERS)), "end", "last"]);
  expect(performance.now() - started).toBeLessThan(10_000);
});

test("a line of exactly the limit is one line (11 A7)", async () => {
  const line = "x".repeat(LINE_CHARACTERS);
  expect(await linesOf([Buffer.from(`${line}\n${line}`), Buffer.from("\n")])).toEqual([line, line]);
});

test("the bytes of a character and a line end may come in two chunks (11 A7)", async () => {
  const bytes = Buffer.from("völlig\r\nö\n\nrest");
  const chunks = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
  expect(await linesOf(chunks)).toEqual(["völlig", "ö", "", "rest"]);
});
