import { request } from "node:http";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApiRig, startApi } from "../../support/api.ts";
import { createPod, dialStream, EXEC, POD } from "../../support/stream-client.ts";

let api: ApiRig;
let runs: (readonly string[])[];

beforeEach(async () => {
  runs = [];
  const exec = async (command: readonly string[]) => {
    runs.push(command);
    return { exitCode: 0 };
  };
  const find = async (_: unknown, container: string) =>
    container === "stopped" ? undefined : { exec, attach: async () => {} };
  const dial = async () => Promise.reject(new Error("no ports"));
  api = await startApi({ streams: { find, dial } });
  createPod(api);
});
afterEach(() => api[Symbol.asyncDispose]());

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
    await expect(dialStream(api, EXEC, undefined, { authorization: "" }).closed).rejects.toThrow("401");
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
