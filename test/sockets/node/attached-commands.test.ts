import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openProcessRuntime } from "../../../src/node/runtime/process/process-runtime.ts";
import type { ContainerRuntime } from "../../../src/node/runtime/runtime.ts";
import { eventually } from "../../support/eventually.ts";
import { isRunning } from "../../support/test-folder.ts";

let folder: string;
let runtime: ContainerRuntime;
let id: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "knap-attached-"));
  runtime = openProcessRuntime({ session: "attached", folder });
  const command = [process.execPath, "-e", "setInterval(() => {}, 1000)"];
  const env = [["COLOUR", "blue"]] as const;
  id = await runtime.create({ name: "app", image: "", command, env, labels: {}, ports: [], projectFolder: folder });
  await runtime.start(id);
});
afterEach(async () => {
  await runtime.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a command that prints its pid and never ends. Resolves with the pid when it runs. */
async function startEndless(signal: AbortSignal): Promise<{ pid: number; ended: Promise<unknown> }> {
  let output = "";
  const stdout = async (chunk: Buffer): Promise<void> => {
    output += String(chunk);
  };
  const ended = runtime.execAttached(id, ["sh", "-c", "echo $$; exec sleep 100"], { stdout, signal });
  await eventually(() => expect(output).toMatch(/^\d+\n$/));
  return { pid: Number(output), ended };
}

const records = (): number => readdirSync(join(folder, "processes")).length;

describe("a command with the streams of a client, as a process", () => {
  it("runs in the folder and environment of the process, and gets the client's input", async () => {
    const stdin = new PassThrough();
    stdin.end("typed");
    let output = "";
    const stdout = async (chunk: Buffer): Promise<void> => {
      output += String(chunk);
    };
    const { signal } = new AbortController();
    const streams = { stdin, stdout, signal };
    const script = 'echo "$COLOUR $PWD $(cat)"; exit 5';
    expect(await runtime.execAttached(id, ["sh", "-c", script], streams)).toEqual({ exitCode: 5 });
    expect(output).toBe(`blue ${folder} typed\n`);
  });

  it("is recorded while it runs, and killed when its client is gone", async () => {
    const gone = new AbortController();
    const { pid, ended } = await startEndless(gone.signal);
    expect([isRunning(pid), records()]).toEqual([true, 2]);
    gone.abort();
    expect(await ended).toEqual({ exitCode: 137 });
    expect([isRunning(pid), records()]).toEqual([false, 1]);
  });

  it("is killed when the process ends", async () => {
    const { pid, ended } = await startEndless(new AbortController().signal);
    await runtime.kill(id, "SIGKILL");
    await ended;
    expect(isRunning(pid)).toBe(false);
  });
});
