import type { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { ClientStreams } from "../../../src/node/runtime/client-streams.ts";
import { type ApiRig, startApi } from "../../support/api.ts";
import { eventually } from "../../support/eventually.ts";
import { createPod, dialStream, EXEC, sendOn } from "../../support/stream-client.ts";

let api: ApiRig;
/** The command that the container runs. */
let program: (streams: ClientStreams) => Promise<number>;
let runs: (readonly string[])[];

beforeEach(async () => {
  program = async () => 0;
  runs = [];
  const exec = async (command: readonly string[], streams: ClientStreams) => {
    runs.push(command);
    return { exitCode: await program(streams) };
  };
  const attach = async (streams: ClientStreams) => void (await program(streams));
  const dial = async () => Promise.reject(new Error("no ports"));
  api = await startApi({ streams: { find: async () => ({ exec, attach }), dial } });
  createPod(api);
});
afterEach(() => api[Symbol.asyncDispose]());

describe("exec over a WebSocket", () => {
  it("brings input and its end to the command, and its outputs and status to the client", async () => {
    program = async ({ stdin, stdout, stderr }) => {
      for await (const chunk of stdin ?? []) await stdout?.(Buffer.from(String(chunk).toUpperCase()));
      await stderr?.(Buffer.from("oops"));
      return 7;
    };
    const client = dialStream(api, `${EXEC}&command=-x`);
    sendOn(client, 0, "abc");
    sendOn(client, 0, "def");
    sendOn(client, 255, "\0");
    expect(await client.closed).toBe(1000);
    expect(runs).toEqual([["run", "-x"]]);
    expect(client.output).toMatchObject({ 1: "ABCDEF", 2: "oops" });
    expect(JSON.parse(client.output[3] ?? "")).toEqual({
      metadata: {},
      status: "Failure",
      reason: "NonZeroExitCode",
      message: "command terminated with non-zero exit code: exit status 7",
      details: { causes: [{ reason: "ExitCode", message: "7" }] },
    });
  });

  it("passes the size of the terminal, which has one output", async () => {
    const sizes: unknown[] = [];
    program = async ({ terminal, stdin, stderr }) => {
      terminal?.follow((size) => sizes.push(size));
      for await (const _ of stdin ?? []);
      return stderr === undefined ? 0 : 1;
    };
    const client = dialStream(api, `${EXEC}&tty=true`);
    sendOn(client, 4, '{"Width":80,"Height":24}');
    sendOn(client, 4, '{"width":100,"height":0}');
    sendOn(client, 4, "nonsense");
    sendOn(client, 4, '{"width":100,"height":30}');
    sendOn(client, 255, "\0");
    await client.closed;
    expect(sizes).toEqual([
      { columns: 80, rows: 24 },
      { columns: 100, rows: 30 },
    ]);
    expect(JSON.parse(client.output[3] ?? "")).toEqual({ metadata: {}, status: "Success" });
  });

  it("speaks base64 with clients that ask for it", async () => {
    program = async ({ stdin, stdout }) => {
      for await (const chunk of stdin ?? []) {
        await stdout?.(chunk as Buffer);
        break;
      }
      return 0;
    };
    const client = dialStream(api, EXEC, ["v9.unknown", "v4.base64.channel.k8s.io"]);
    client.socket.once("open", () => client.socket.send(`0${Buffer.from("häh").toString("base64")}`));
    await client.closed;
    expect(client.socket.protocol).toBe("v4.base64.channel.k8s.io");
    expect(Buffer.from(client.output[0x31] ?? "", "base64").toString()).toBe("häh");
  });

  it("attaches to the container, and reports success at its end", async () => {
    program = async ({ stdin, stdout }) => {
      await stdout?.(Buffer.from(stdin === undefined ? "no input" : "input"));
      return 0;
    };
    const client = dialStream(api, EXEC.replace("exec", "attach").replace("stdin=1&", ""));
    await client.closed;
    expect([client.output[1], JSON.parse(client.output[3] ?? "")]).toEqual([
      "no input",
      { metadata: {}, status: "Success" },
    ]);
  });

  it("answers pings, and closes with a code for a client that violates the protocol", async () => {
    program = ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(0)));
    const client = dialStream(api, EXEC);
    client.socket.once("open", () => client.socket.ping("are you there"));
    expect(await new Promise((resolve) => client.socket.once("pong", (data) => resolve(String(data))))).toBe(
      "are you there",
    );
    const raw = (client.socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket;
    raw.write(Buffer.from("8201ff", "hex"));
    expect(await client.closed).toBe(1002);
  });

  it("ignores input that a client sends after its end", async () => {
    let text = "";
    program = async ({ stdin }) => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      for await (const chunk of stdin ?? []) text += String(chunk);
      return 0;
    };
    const client = dialStream(api, EXEC);
    for (const [channel, bytes] of [
      [0, "abc"],
      [255, "\0"],
      [0, "late"],
    ] as const)
      sendOn(client, channel, bytes);
    expect(await client.closed).toBe(1000);
    expect(text).toBe("abc");
  });

  it("tells the command when the client disconnects, and when the server stops", async () => {
    let aborted = 0;
    program = ({ signal }) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => {
          aborted++;
          resolve(0);
        });
      });
    const client = dialStream(api, EXEC);
    await eventually(() => expect(runs).toHaveLength(1));
    client.socket.terminate();
    await eventually(() => expect(aborted).toBe(1));
    dialStream(api, EXEC);
    await eventually(() => expect(runs).toHaveLength(2));
    await api[Symbol.asyncDispose]();
    await eventually(() => expect(aborted).toBe(2));
  });

  it("holds back the output of a command whose client does not read, and the input that a command does not read", async () => {
    let written = 0;
    program = async ({ stdout, signal }) => {
      for (; !signal.aborted; written += 100_000) await stdout?.(Buffer.alloc(100_000));
      return 0;
    };
    const client = dialStream(api, EXEC);
    await eventually(() => expect(client.socket.readyState).toBe(WebSocket.OPEN));
    client.socket.pause();
    const settled = async (figure: () => number): Promise<number> => {
      for (let before = -1; before !== figure(); await new Promise((resolve) => setTimeout(resolve, 200)))
        before = figure();
      return figure();
    };
    expect(await settled(() => written)).toBeLessThan(20_000_000);
    client.socket.terminate();

    let unread: Readable | undefined;
    program = ({ stdin, signal }) => {
      unread = stdin;
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve(0)));
    };
    const sender = dialStream(api, EXEC);
    await eventually(() => expect(sender.socket.readyState).toBe(WebSocket.OPEN));
    for (let sent = 0; sent < 100; sent++) sendOn(sender, 0, "x".repeat(100_000));
    await eventually(() => expect(unread?.readableLength).toBeGreaterThan(0));
    expect(await settled(() => unread?.readableLength ?? 0)).toBeLessThan(500_000);
    sender.socket.terminate();
  });
});
