import { describe, expect, it } from "vitest";
import { encodeFrame, FrameReader, MessageReader, OPCODES } from "../../../src/streaming/websocket-frames.ts";

/** Returns a client's frame. */
function clientFrame(first: number, payload: Buffer, { isMasked = true } = {}): Buffer {
  const mask = Buffer.from([1, 2, 3, 4]);
  const { length } = payload;
  const head = encodeFrame(OPCODES.binary, payload).subarray(0, -length || undefined);
  head[0] = first;
  if (!isMasked) return Buffer.concat([head, payload]);
  head[1] = (head[1] as number) | 0x80;
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] as number));
  return Buffer.concat([head, mask, masked]);
}

function read(bytes: Buffer, step = bytes.length): Buffer[] {
  const frames = new FrameReader();
  const message = new MessageReader();
  const messages: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += step) {
    frames.add(bytes.subarray(at, at + step));
    for (let frame = frames.next(); frame; frame = frames.next()) messages.push(message.add(frame) ?? Buffer.from("-"));
  }
  return messages;
}

describe("WebSocket frames", () => {
  it("are read with lengths of 7, 16 and 64 bits, also byte by byte", () => {
    const payloads = [0, 1, 125, 126, 65_535, 65_536].map((length) => Buffer.alloc(length, "ab"));
    const bytes = Buffer.concat(payloads.map((payload) => clientFrame(0x82, payload)));
    expect(read(bytes).map(String)).toEqual(payloads.map(String));
    expect(read(bytes.subarray(0, 300), 1).map(String)).toEqual(payloads.slice(0, 4).map(String));
  });

  it("are joined to messages", () => {
    const parts = [
      clientFrame(0x01, Buffer.from("a")),
      clientFrame(0x00, Buffer.from("b")),
      clientFrame(0x80, Buffer.from("c")),
    ];
    expect(read(Buffer.concat(parts)).map(String)).toEqual(["-", "-", "abc"]);
  });

  it.each([
    ["is not masked", clientFrame(0x82, Buffer.from("a"), { isMasked: false }), "must be masked"],
    ["has a reserved bit", clientFrame(0xc2, Buffer.from("a")), "reserved bit"],
    ["has an unknown opcode", clientFrame(0x83, Buffer.from("a")), "unknown opcode 3"],
    ["continues nothing", clientFrame(0x80, Buffer.from("a")), "out of order"],
    ["is a ping in parts", clientFrame(0x09, Buffer.from("a")), "control frame"],
    ["announces 33 MiB", Buffer.from("82ff0000000002100000aaaaaaaa", "hex"), "can have"],
    ["announces 2^63 bytes", Buffer.from("82ffffffffffffffffffaaaaaaaa", "hex"), "can have"],
  ])("a frame that %s is refused", (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(new RegExp(message));
  });
});
