import { request } from "node:http";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { RunningContainer } from "../../../src/api-server/pod-streams.ts";
import type { ClientStreams } from "../../../src/node/runtime/client-streams.ts";
import { type ApiRig, startApi } from "../../support/api.ts";
import { eventually } from "../../support/eventually.ts";

const POD = "/api/v1/namespaces/default/pods/hello";
const EXEC = `${POD}/exec?container=app&command=run&stdin=1&stdout=1&stderr=1`;

/** The command that the container runs. */
type Program = (streams: ClientStreams) => Promise<number>;

let api: ApiRig;
let program: Program;
let runs: (readonly string[])[];
const container: RunningContainer = {
  exec: async (command, streams) => {
    runs.push(command);
    return { exitCode: await program(streams) };
  },
};

beforeEach(async () => {
  program = async () => 0;
  runs = [];
  api = await startApi({ streams: { find: async (_, name) => (name === "stopped" ? undefined : container) } });
  const containers = ["app", "stopped", "queue-proxy"].map((name) => ({ name, image: "example.com/app" }));
  api.store.create({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "hello", namespace: "default" },
    spec: { containers },
  });
});
afterEach(() => api[Symbol.asyncDispose]());

interface Client {
  readonly socket: WebSocket;
  /** The bytes of each channel. */
  readonly output: Record<number, string>;
  readonly closed: Promise<number>;
}

function dial(path: string, protocols: string | string[] = "v5.channel.k8s.io", headers = {}): Client {
  const socket = new WebSocket(api.address.replace("http", "ws") + path, protocols, {
    headers: { authorization: `Bearer ${api.token}`, ...headers },
  });
  const output: Record<number, string> = {};
  socket.on("message", (data: Buffer) => {
    const channel = data[0] as number;
    output[channel] = (output[channel] ?? "") + data.subarray(1).toString();
  });
  const closed = new Promise<number>((resolve, reject) => {
    socket.once("close", resolve).once("error", reject);
    socket.once("unexpected-response", (_, response) => {
      response.resume();
      reject(new Error(String(response.statusCode)));
    });
  });
  closed.catch(() => {});
  return { socket, output, closed };
}

const send = ({ socket }: Client, channel: number, text: string): void => {
  const message = Buffer.concat([Buffer.of(channel), Buffer.from(text)]);
  if (socket.readyState === WebSocket.OPEN) socket.send(message);
  else socket.once("open", () => socket.send(message));
};

describe("exec over a WebSocket", () => {
  it("brings input and its end to the command, and its outputs and status to the client", async () => {
    program = async ({ stdin, stdout, stderr }) => {
      for await (const chunk of stdin ?? []) await stdout?.(Buffer.from(String(chunk).toUpperCase()));
      await stderr?.(Buffer.from("oops"));
      return 7;
    };
    const client = dial(`${EXEC}&command=-x`);
    send(client, 0, "abc");
    send(client, 0, "def");
    send(client, 255, "\0");
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
    const client = dial(`${EXEC}&tty=true`);
    send(client, 4, '{"Width":80,"Height":24}');
    send(client, 4, '{"width":100,"height":0}');
    send(client, 4, "nonsense");
    send(client, 4, '{"width":100,"height":30}');
    send(client, 255, "\0");
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
    const client = dial(EXEC, ["v9.unknown", "v4.base64.channel.k8s.io"]);
    client.socket.once("open", () => client.socket.send(`0${Buffer.from("häh").toString("base64")}`));
    await client.closed;
    expect(client.socket.protocol).toBe("v4.base64.channel.k8s.io");
    expect(Buffer.from(client.output[0x31] ?? "", "base64").toString()).toBe("häh");
  });

  it("answers pings, and closes with a code for a client that violates the protocol", async () => {
    program = ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(0)));
    const client = dial(EXEC);
    client.socket.once("open", () => client.socket.ping("are you there"));
    expect(await new Promise((resolve) => client.socket.once("pong", (data) => resolve(String(data))))).toBe(
      "are you there",
    );
    const raw = (client.socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket;
    raw.write(Buffer.from("8201ff", "hex"));
    expect(await client.closed).toBe(1002);
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
    const client = dial(EXEC);
    await eventually(() => expect(runs).toHaveLength(1));
    client.socket.terminate();
    await eventually(() => expect(aborted).toBe(1));
    dial(EXEC);
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
    const client = dial(EXEC);
    await eventually(() => expect(client.socket.readyState).toBe(WebSocket.OPEN));
    client.socket.pause();
    const settled = async (figure: () => number): Promise<number> => {
      for (let before = -1; before !== figure(); await new Promise((resolve) => setTimeout(resolve, 200)))
        before = figure();
      return figure();
    };
    expect(await settled(() => written)).toBeLessThan(20_000_000);
    client.socket.terminate();

    program = ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(0)));
    const sender = dial(EXEC);
    await eventually(() => expect(sender.socket.readyState).toBe(WebSocket.OPEN));
    for (let sent = 0; sent < 400; sent++) send(sender, 0, "x".repeat(100_000));
    expect(await settled(() => sender.socket.bufferedAmount)).toBeGreaterThan(20_000_000);
    sender.socket.terminate();
  });
});

describe("requests for a stream", () => {
  const refusal = async (path: string, headers: Record<string, string> = {}): Promise<unknown> => {
    const { hostname, port } = new URL(api.address);
    const lines = Object.entries({ host: "x", authorization: `Bearer ${api.token}`, ...headers }).map((each) =>
      each.join(": "),
    );
    const socket = connect(Number(port), hostname);
    socket.write(`GET ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
    let answer = "";
    for await (const chunk of socket) {
      answer += String(chunk);
      if (/\r\n\r\n.+/s.test(answer)) break;
    }
    const [head = "", body = ""] = answer.split("\r\n\r\n");
    const message = body.startsWith("{") ? (JSON.parse(body) as { message: string }).message : body;
    return `${head.split(" ")[1]} ${message}`;
  };
  const SOCKET = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
  };

  it("need the token", async () => {
    expect(await refusal(EXEC, { ...SOCKET, authorization: "Bearer wrong" })).toBe("401 Unauthorized");
    await expect(dial(EXEC, undefined, { authorization: "" }).closed).rejects.toThrow("401");
    expect(runs).toEqual([]);
  });

  it.each([
    ["without an upgrade", EXEC, {}, "400 Upgrade request required"],
    [
      "over SPDY",
      EXEC,
      { connection: "Upgrade", upgrade: "SPDY/3.1" },
      "400 streams need WebSocket here.*kubectl 1.31",
    ],
    [
      "in an unknown protocol",
      EXEC,
      { ...SOCKET, "sec-websocket-protocol": "v9" },
      "400 requested protocol.*\\[v9\\]; supports \\[v5",
    ],
    ["of no pod", EXEC.replace("hello", "nobody"), SOCKET, '404 pods "nobody" not found'],
    [
      "of an unknown container",
      EXEC.replace("=app", "=other"),
      SOCKET,
      "400 container other is not valid for pod hello",
    ],
    [
      "of no container",
      EXEC.replace("=app", "="),
      SOCKET,
      "400 a container name must be specified for pod hello, choose one of: \\[app stopped queue-proxy\\]",
    ],
    ["of queue-proxy", EXEC.replace("=app", "=queue-proxy"), SOCKET, "400 container queue-proxy is a part of knap"],
    [
      "of a container that does not run",
      EXEC.replace("=app", "=stopped"),
      SOCKET,
      '500 container not found \\("stopped"\\)',
    ],
    ["without a command", EXEC.replace("command", "x"), SOCKET, "400 you must specify at least one command"],
    [
      "without streams",
      `${POD}/exec?container=app&command=run&stdin=false`,
      SOCKET,
      "400 you must specify at least 1 of stdin",
    ],
  ])("%s are refused", async (_, path, headers, message) => {
    expect(await refusal(path, headers as Record<string, string>)).toMatch(new RegExp(`^${message}`));
    expect(runs).toEqual([]);
  });

  it("for other paths or protocols are served as if they asked for no upgrade", async () => {
    expect(await refusal("/healthz", SOCKET)).toBe("200 ok");
    const { hostname, port } = new URL(api.address);
    const body = JSON.stringify({ metadata: { name: "sent" } });
    const headers = {
      authorization: `Bearer ${api.token}`,
      connection: "Upgrade, HTTP2-Settings",
      upgrade: "h2c",
      "content-type": "application/json",
      "content-length": body.length,
    };
    const path = "/api/v1/namespaces/default/configmaps";
    const status = await new Promise((resolve, reject) => {
      const sent = request({ hostname, port, path, method: "POST", headers }, ({ statusCode }) => resolve(statusCode));
      sent.on("error", reject).end(body);
    });
    expect(status).toBe(201);
  });
});
