// Tests that builds reach the ssh agent of the user, on a real engine with a real agent.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BuildBench, openBuildBench } from "../support/build-bench.ts";
import { eventually } from "../support/eventually.ts";

/** A text that no earlier build has in its cache. */
const fresh = (): string => String(Math.random()).slice(2);

describe("ssh in builds", () => {
  let bench: BuildBench;
  let agent: ChildProcess;
  let socket: string;
  /** Asks the agent for its keys, as `ssh-add -L` does, and prints the comment of each. */
  const LIST_KEYS = `
    const socket = require("net").connect(process.env.SSH_AUTH_SOCK, () => socket.write(Buffer.from([0, 0, 0, 1, 11])));
    let all = Buffer.alloc(0);
    socket.on("data", (part) => {
      all = Buffer.concat([all, part]);
      if (all.length < 4 || all.length < 4 + all.readUInt32BE(0)) return;
      let at = 9;
      const text = () => { const end = at + 4 + all.readUInt32BE(at); const read = all.subarray(at + 4, end); at = end; return read; };
      for (let left = all.readUInt32BE(5); left > 0; left--) { text(); console.log("key", text().toString()); }
      process.exit();
    });
    socket.on("close", () => process.exit(1));`;

  beforeAll(async () => {
    bench = await openBuildBench("1");
    socket = join(bench.folder, "agent.sock");
    agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
    const key = join(bench.folder, "id_test");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "laptop@knap", "-f", key]);
    await eventually(() => execFileSync("ssh-add", ["-q", key], { env: { ...process.env, SSH_AUTH_SOCK: socket } }));
    bench.write({ "list.js": LIST_KEYS, ".dockerignore": "*\n!list.js\n" });
  });
  afterAll(async () => {
    agent.kill();
    await bench[Symbol.asyncDispose]();
  });
  const listing = (id?: string): string =>
    `FROM ${bench.base}\nCOPY list.js /\nRUN --mount=type=ssh${id ? `,id=${id}` : ""} node /list.js && node /list.js # ${fresh()}\n`;

  test("RUN --mount=type=ssh reaches the agent of the user, several times and by an id", async () => {
    for (const id of [undefined, "work"]) {
      const outcome = await bench.buildText(listing(id), { ssh: [{ id: id ?? "default", path: socket }] });
      expect(outcome).toMatchObject({ ok: true });
      expect(bench.lines.filter((line) => line === "key laptop@knap")).toHaveLength(2);
    }
  });

  test("a key file or a missing agent is refused with what to do", async () => {
    expect(
      await bench.buildText(listing(), { ssh: [{ id: "default", path: join(bench.folder, "id_test") }] }),
    ).toMatchObject({
      ok: false,
      setting: "ssh",
      message: expect.stringContaining("ssh-add"),
    });
    expect(await bench.buildText(listing(), { ssh: [{ id: "default", path: "/no/agent" }] })).toMatchObject({
      ok: false,
      setting: "ssh",
      message: expect.stringContaining("ENOENT"),
    });
  });

  test("an agent that closes the connection fails the step, not knap", async () => {
    const broken = createServer((connection) => connection.destroy());
    const path = join(bench.folder, "broken.sock");
    await new Promise<void>((resolve) => broken.listen(path, resolve));
    const outcome = await bench.buildText(listing(), { ssh: [{ id: "default", path }] });
    broken.close();
    expect(outcome).toMatchObject({ ok: false, step: expect.stringContaining("RUN --mount=type=ssh") });
    expect(await bench.buildText(listing(), { ssh: [{ id: "default", path: socket }] })).toMatchObject({ ok: true });
  });
});
