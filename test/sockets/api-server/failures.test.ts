// Tests what the API server logs and answers when a request fails, is malformed or is aborted.
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type LogRecord, makeLogger } from "../../../src/base/logger.ts";
import { sessionLog } from "../../../src/cli/session/session-log.ts";
import { type ApiRig, startApi } from "../../support/api.ts";
import { eventually } from "../../support/eventually.ts";

const TOKEN = "c2VjcmV0LXRva2Vu";
let api: ApiRig;
let lines: string[];
let records: LogRecord[];
beforeEach(async () => {
  lines = [];
  records = [];
  const terminal = { say: (line: string) => lines.push(line), paint: (_: string, text: string) => text };
  const printed = sessionLog(true, terminal as never);
  api = await startApi({
    token: TOKEN,
    log: makeLogger((record) => {
      records.push(record);
      printed[record.level](record.message, record.fields);
    }),
    endpoints: new Map<string, never>([
      [
        "POST /boom",
        (() => {
          throw new Error("no disk", { cause: new Error(`GET http://127.0.0.1:1/token/${TOKEN}/api failed`) });
        }) as never,
      ],
    ]),
  });
});
afterEach(() => api[Symbol.asyncDispose]());

/** Sends bytes on a new connection. Resolves with the first line of the response, or "" if there is none. */
function sendRaw(text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(api.address).port), "127.0.0.1");
    let answer = "";
    socket
      .on("data", (data) => {
        answer += String(data);
        socket.end();
      })
      .on("error", () => {})
      .on("close", () => resolve(answer.split("\r\n")[0] ?? ""));
    socket.write(text);
  });
}

describe("a failing request", () => {
  test("a failing request is logged with message, cause, stack, method and path, but not the token (11 A2, 11 A3)", async () => {
    const answer = await fetch(`${api.address}/token/${TOKEN}/apis/knap.dev/v1/boom?token=${TOKEN}`, {
      method: "POST",
    });
    expect(answer.status).toBe(500);
    const all = lines.join("\n") + (await answer.text());
    expect(all).toContain("no disk");
    expect(all).toContain("failed");
    expect(all).toContain("failures.test.ts");
    expect(all).toContain("method=POST");
    expect(all).toContain("path=/apis/knap.dev/v1/boom");
    expect(all).not.toContain(TOKEN);
    expect(all).not.toContain("error={}");
  });

  test("a client that aborts in the middle of the body causes no warning (11 A2)", async () => {
    const head = `POST /token/${TOKEN}/api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{`;
    const socket = connect(Number(new URL(api.address).port), "127.0.0.1");
    await new Promise<void>((resolve) => socket.write(head, () => resolve()));
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.resetAndDestroy();
    await eventually(async () => {
      expect((await api.send("GET", "/healthz")).status).toBe(200);
      expect(records.filter(({ level }) => level === "warn" || level === "error")).toEqual([]);
      expect(records.map(({ message }) => message)).toContain("client disconnected");
    });
    expect(lines.join("\n")).not.toContain(TOKEN);
  });
});

describe("a malformed request", () => {
  test.each(["//", "///", "//[", "*", "http://[", "//token/x", "/api/v1/namespaces/%ff/pods"])(
    "a malformed request for %s gets 401 without a token and 404 with one (11 A8)",
    async (target) => {
      expect(await sendRaw(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(/^HTTP\/1.1 401 /);
      const bearer = `Authorization: Bearer ${TOKEN}\r\n`;
      expect(await sendRaw(`GET ${target} HTTP/1.1\r\nHost: x\r\n${bearer}\r\n`)).toMatch(/^HTTP\/1.1 40[04] /);
    },
  );

  test("a request with an incomplete escape in its path gets 400, with or without a token", async () => {
    const bearer = `Authorization: Bearer ${TOKEN}\r\n`;
    for (const headers of ["", bearer])
      expect(await sendRaw(`GET /% HTTP/1.1\r\nHost: x\r\n${headers}\r\n`)).toMatch(/^HTTP\/1.1 400 /);
  });

  test("a JSON patch with an operation without op or pointer gets 400 (11 A8)", async () => {
    const path = "/api/v1/namespaces/default/configmaps";
    const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x" } };
    const authorization = `Bearer ${TOKEN}`;
    expect((await api.send("POST", path, body, { authorization })).status).toBe(201);
    const move = { op: "move", path: "/data" };
    for (const operation of [null, 5, "x", [], {}, { op: "add", path: "data", value: {} }, { op: "add" }, move]) {
      const headers = { authorization, "content-type": "application/json-patch+json" };
      expect((await api.send("PATCH", `${path}/x`, [operation], headers)).status).toBe(400);
    }
  });
});
