// The pure parts of the Docker runtime: subnets, errors, log frames, socket tables.
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { fixForNoEngine, toRuntimeError } from "../../../../src/node/runtime/docker/engine-error.ts";
import { readLogLines } from "../../../../src/node/runtime/docker/log-stream.ts";
import { freeSubnets, gatewayOf } from "../../../../src/node/runtime/docker/subnets.ts";
import { mergeListeners, parseListeners } from "../../../../src/node/runtime/proc-net.ts";
import type { LogLine } from "../../../../src/node/runtime/runtime.ts";

describe("subnets", () => {
  test("the first /24 that overlaps nothing is taken, in order of the pools", () => {
    const taken = ["172.17.0.0/16", "10.213.0.0/24", "10.213.1.128/25", "fe80::/64", ""];
    expect(freeSubnets("10.213.0.0/16", taken)[0]).toBe("10.213.2.0/24");
    expect(freeSubnets("10.213.0.0/16", taken).length).toBe(254);
    expect(freeSubnets("10.0.0.0/24, 10.9.8.0/23", ["10.0.0.0/8", "10.9.8.0/24"])).toEqual([]);
    expect(freeSubnets("10.0.0.0/24,192.168.4.0/23", ["10.0.0.7/32"])).toEqual(["192.168.4.0/24", "192.168.5.0/24"]);
  });

  test("the gateway is the first address", () => {
    expect(gatewayOf("10.213.7.0/24")).toBe("10.213.7.1");
  });
});

describe("engine errors", () => {
  const code = (failure: unknown) => toRuntimeError(failure, "trying").code;
  const http = (statusCode: number, message: string) => ({
    statusCode,
    message: `(HTTP code ${statusCode}) unexpected - ${message} `,
    json: { message },
  });

  test.each([
    [{ code: "ENOENT" }, "unreachable"],
    [{ code: "ECONNREFUSED" }, "unreachable"],
    [{ code: "EACCES" }, "unreachable"],
    [http(404, "No such container: abc"), "not-found"],
    [http(404, "No such image: x:1"), "no-image"],
    [http(404, "manifest for x:9 not found: manifest unknown: manifest unknown"), "no-image"],
    [http(404, "pull access denied for x, repository does not exist or may require 'docker login'"), "denied"],
    [http(500, "Get https://r/v2/: unauthorized: authentication required"), "denied"],
    [http(500, "no matching manifest for linux/arm64/v8 in the manifest list entries"), "platform"],
    [http(500, "driver failed: Bind for 127.0.0.1:80 failed: port is already allocated"), "address-in-use"],
    [http(500, "write /x: no space left on device"), "no-space"],
    [http(400, "invalid reference format"), "bad-image"],
    [http(400, 'OCI runtime create failed: exec: "/nope": stat /nope: no such file or directory'), "invalid"],
    [http(409, "Conflict. The container name is already in use"), "conflict"],
    [http(500, "something else"), "failed"],
    [new Error("who knows"), "failed"],
  ] as const)("%j is %s", (failure, expected) => {
    expect(code(failure)).toBe(expected);
  });

  test("the message says what was tried, the engine's own words and what to do", () => {
    expect(toRuntimeError(http(500, "something else"), "starting a container").message).toBe(
      "starting a container: something else",
    );
  });

  test("what to do about an engine that cannot be opened is said once, and by who shows the error", () => {
    const error = (code: string) => toRuntimeError({ code }, "engine at /x.sock");
    expect(error("ENOENT").message).toBe("engine at /x.sock: no engine listens there (ENOENT)");
    expect(fixForNoEngine(error("ENOENT"))).toMatch(/^start Docker.*--runtime process$/);
    expect(fixForNoEngine(error("EACCES"))).toMatch(/^add yourself to the group docker.*--runtime process$/);
    expect(
      toRuntimeError(http(500, "write /d/1a2b/link: no space left on device"), "creating container a").message,
    ).toBe(
      "creating container a: write: no space left on device; the container engine's disk is full: make room, for instance with `docker system prune`",
    );
  });
});

describe("log frames", () => {
  const frame = (stream: 1 | 2, text: string): Buffer => {
    const payload = Buffer.from(text);
    const header = Buffer.alloc(8);
    header[0] = stream;
    header.writeUInt32BE(payload.length, 4);
    return Buffer.concat([header, payload]);
  };
  const read = async (chunks: Buffer[]): Promise<LogLine[]> => {
    const lines: LogLine[] = [];
    for await (const line of readLogLines(Readable.from(chunks))) lines.push(line);
    return lines;
  };
  const bytes = Buffer.concat([
    frame(1, "T1 one\n"),
    frame(1, "T2 par"),
    frame(2, "T3 error\r\n"),
    frame(1, "T4 tial\n"),
    frame(2, "T5 rest"),
  ]);
  const expected = [
    { stream: "stdout", time: "T1", text: "one" },
    { stream: "stderr", time: "T3", text: "error" },
    { stream: "stdout", time: "T2", text: "partial" },
    { stream: "stderr", time: "T5", text: "rest" },
  ];

  test("parts of a line are joined under the first one's time, per stream", async () => {
    expect(await read([bytes])).toEqual(expected);
  });

  test("it does not matter where the stream was cut", async () => {
    for (const size of [1, 3, 7, 11]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      expect(await read(chunks)).toEqual(expected);
    }
  });
});

describe("socket tables", () => {
  const row = (address: string, state: string, inode: string) =>
    `   0: ${address} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1`;
  const table = [
    "  sl  local_address rem_address   st",
    row("00000000:1F90", "0A", "11"),
    row("0100007F:2328", "0A", "12"),
    row("0100007F:1F90", "01", "13"),
    row("0B00007F:9C40", "0A", "14"),
  ].join("\n");

  test("listening sockets are found with port, reach and inode; the engine's DNS is not the app's", () => {
    expect(parseListeners(table)).toEqual([
      { port: 8080, loopback: false, inode: "11" },
      { port: 9000, loopback: true, inode: "12" },
    ]);
  });

  test("a port is loopback only if all its sockets are", () => {
    expect(
      mergeListeners([
        { port: 80, loopback: true },
        { port: 80, loopback: false },
        { port: 81, loopback: true },
      ]),
    ).toEqual([
      { port: 80, loopback: false },
      { port: 81, loopback: true },
    ]);
  });
});
