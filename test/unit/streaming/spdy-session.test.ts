import { setImmediate as turn } from "node:timers/promises";
import { constants, createDeflate, createInflate } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SpdyFrameReader } from "../../../src/streaming/spdy-frames.ts";
import { DICTIONARY } from "../../../src/streaming/spdy-headers.ts";
import { SpdySession, type SpdyStream } from "../../../src/streaming/spdy-session.ts";
import { eventually } from "../../support/eventually.ts";

const deflate = () => createDeflate({ dictionary: DICTIONARY, flush: constants.Z_SYNC_FLUSH });
let compressor: ReturnType<typeof deflate>;
let sent: Buffer[];
let streams: SpdyStream[];
let session: SpdySession;
beforeEach(() => {
  compressor = deflate();
  sent = [];
  streams = [];
  session = new SpdySession(
    async (bytes) => void sent.push(bytes),
    (stream) => streams.push(stream),
  );
});
afterEach(() => {
  session.close();
  compressor.destroy();
});

const u32 = (...values: number[]): Buffer =>
  Buffer.concat(values.map((value) => Buffer.from(value.toString(16).padStart(8, "0"), "hex")));

function control(type: number, payload: Buffer, flags = 0): Buffer {
  return Buffer.concat([Buffer.of(0x80, 3, 0, type, flags), u32(payload.length).subarray(1), payload]);
}

const data = (stream: number, text: string, flags = 0): Buffer =>
  Buffer.concat([u32(stream), Buffer.of(flags), u32(text.length).subarray(1), Buffer.from(text)]);

/** Compresses a header block; all blocks share one compressor. */
async function compress(block: Buffer): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const collect = (chunk: Buffer): void => void chunks.push(chunk);
  compressor.on("data", collect);
  await new Promise((resolve) => compressor.write(block, resolve));
  compressor.off("data", collect);
  return Buffer.concat(chunks);
}

function blockOf(headers: Record<string, string>): Promise<Buffer> {
  const texts = Object.entries(headers).flat();
  const parts = texts.flatMap((text) => [u32(text.length), Buffer.from(text)]);
  return compress(Buffer.concat([u32(texts.length / 2), ...parts]));
}

const open = async (stream: number, headers: Record<string, string>, flags = 0): Promise<Buffer> =>
  control(1, Buffer.concat([u32(stream, 0), Buffer.of(0, 0), await blockOf(headers)]), flags);

/** Returns the frames that the server has sent, in short. */
function frames(): string[] {
  const reader = new SpdyFrameReader();
  const texts: string[] = [];
  reader.add(Buffer.concat(sent));
  for (let frame = reader.next(); frame; frame = reader.next()) {
    if (frame.type === "data") texts.push(`${frame.stream}:${frame.data}${frame.isLast ? "$" : ""}`);
    else texts.push("stream" in frame ? `${frame.type} ${frame.stream}` : frame.type);
  }
  return texts;
}

async function textOf({ input }: SpdyStream): Promise<string> {
  let text = "";
  for await (const chunk of input) text += String(chunk);
  return text;
}

describe("a SPDY session", () => {
  it("opens streams whose headers share one compression, and brings data and their end both ways", async () => {
    const bytes = Buffer.concat([
      await open(1, { streamType: "error", port: "80", requestID: "0" }, 1),
      await open(3, { streamType: "data", port: "80", requestID: "0" }),
      data(3, "hel"),
      data(3, "lo", 1),
    ]);
    for (const byte of bytes) await session.receive(Buffer.of(byte));
    expect(streams.map(({ headers }) => Object.fromEntries(headers))).toEqual([
      { streamtype: "error", port: "80", requestid: "0" },
      { streamtype: "data", port: "80", requestid: "0" },
    ]);
    const [error, stream] = streams as [SpdyStream, SpdyStream];
    expect(await textOf(stream)).toBe("hello");
    await stream.send(Buffer.from("bye"));
    stream.end();
    await stream.send(Buffer.from("late"));
    error.end();
    expect(frames()).toEqual(["headers 1", "headers 3", "3:bye", "3:$", "1:$"]);
  });

  it("answers with header blocks that inflate to no headers", async () => {
    await session.receive(Buffer.concat([await open(1, {}), await open(3, {})]));
    const inflate = createInflate({ dictionary: DICTIONARY });
    const blocks = sent.map((frame) => frame.subarray(12));
    const counts: string[] = [];
    inflate.on("data", (chunk: Buffer) => counts.push(chunk.toString("hex")));
    for (const block of blocks) await new Promise((resolve) => inflate.write(block, resolve));
    inflate.destroy();
    expect(counts.join("")).toBe("0000000000000000");
  });

  it("answers pings, drops streams that the client resets, and ignores what it does not use", async () => {
    const ignored = [control(4, u32(0)), control(9, u32(1, 100)), control(7, u32(0, 0)), data(99, "nobody")];
    await session.receive(Buffer.concat([control(6, u32(5)), await open(1, {}), control(3, u32(1, 5)), ...ignored]));
    await turn();
    expect([frames(), streams[0]?.input.destroyed]).toEqual([["ping", "headers 1"], true]);
  });

  it("ignores data after the end of a stream", async () => {
    await session.receive(Buffer.concat([await open(1, {}), data(1, "abc", 1), data(1, "late"), data(1, "", 1)]));
    expect(await textOf(streams[0] as SpdyStream)).toBe("abc");
  });

  it("waits until the client takes the answers", async () => {
    let take: (() => void) | undefined;
    const send = (): Promise<void> =>
      new Promise((resolve) => {
        take = resolve;
      });
    const slow = new SpdySession(send, () => {});
    let isTaken = false;
    const receiving = slow.receive(await open(2, {})).then(() => {
      isTaken = true;
    });
    await eventually(() => expect(take).toBeDefined());
    await turn();
    expect(isTaken).toBe(false);
    take?.();
    await receiving;
    slow.close();
  });

  it("refuses a stream with an even or a used id", async () => {
    await session.receive(Buffer.concat([await open(2, {}), await open(1, {}), await open(1, {})]));
    expect(frames()).toEqual(["reset 2", "headers 1", "reset 1"]);
  });

  it("waits for the reader of a stream", async () => {
    await session.receive(await open(1, {}));
    let isTaken = false;
    const receiving = session.receive(data(1, "x".repeat(1_000_000))).then(() => {
      isTaken = true;
    });
    await turn();
    expect(isTaken).toBe(false);
    streams[0]?.input.resume();
    await receiving;
  });

  it.each([
    ["another version", async () => Buffer.from("8002000100000000", "hex"), "not of SPDY/3"],
    ["a control frame of 1 MiB", async () => Buffer.from("8003000100100000", "hex"), "1048576 bytes"],
    ["a frame that is too short", async () => control(3, Buffer.alloc(2)), "too short"],
    ["a block that is not compressed", async () => control(1, Buffer.alloc(40)), "inflated"],
    ["a block that inflates to 1 MB", () => open(1, { a: "x".repeat(1_000_000) }), "inflated"],
    [
      "a block with fewer headers than it says",
      async () => control(8, Buffer.concat([u32(1), await compress(u32(1))])),
      "too short",
    ],
  ])("fails for %s", async (_, make, message) => {
    await expect(session.receive(await make())).rejects.toThrow(message);
  });
});
