// Tests the conversion of the engine's log stream to lines.
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { readLogLines } from "../../../../../src/node/runtime/docker/log-stream.ts";
import type { LogLine } from "../../../../../src/node/runtime/runtime.ts";
import { LINE_CHARACTERS } from "../../../../../src/node/runtime/runtime.ts";

describe("log frames", () => {
  const frame = (stream: 1 | 2, text: string | Buffer): Buffer => {
    const payload = typeof text === "string" ? Buffer.from(text) : text;
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

  test("log frames are joined to lines for each stream, with the time of the first frame", async () => {
    expect(await read([bytes])).toEqual(expected);
  });

  test("a line without an end is cut at the limit, as with processes (11 A7)", async () => {
    const part = "x".repeat(LINE_CHARACTERS);
    const lines = await read([frame(1, `T1 ${part}`), frame(1, "T2 \n"), frame(1, `T3 ${part}`), frame(1, "T4 y\n")]);
    expect(lines.map(({ time, text }) => [time, text])).toEqual([
      ["T1", part],
      ["T3", part],
      ["T4", "y"],
    ]);
  });

  test("a character that the engine splits between two frames is kept (11 A7)", async () => {
    const [first, second] = [Buffer.from("T1 v?"), Buffer.from("T2 ?llig\n")];
    first[4] = 0xc3;
    second[3] = 0xb6;
    const lines = await read([frame(1, first), frame(1, second)]);
    expect(lines.map(({ text }) => text)).toEqual(["völlig"]);
  });

  test("log frames are parsed for any chunk boundaries", async () => {
    for (const size of [1, 3, 7, 11]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      expect(await read(chunks)).toEqual(expected);
    }
  });
});
