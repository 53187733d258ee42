// Splits the engine's multiplexed log stream into lines. It buffers at most one line per stream.
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { LineSplitter } from "../line-splitter.ts";
import { LINE_CHARACTERS, type LogLine } from "../runtime.ts";

interface Frame {
  readonly stream: "stdout" | "stderr";
  readonly payload: Buffer;
}

/** Splits the stream of a logs or exec call into frames. A frame is an 8-byte header and a payload. */
export async function* readFrames(bytes: Readable): AsyncGenerator<Frame> {
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of bytes) {
    pending = pending.length === 0 ? (chunk as Buffer) : Buffer.concat([pending, chunk as Buffer]);
    let offset = 0;
    while (pending.length - offset >= 8) {
      const size = pending.readUInt32BE(offset + 4);
      if (pending.length - offset - 8 < size) break;
      const stream = pending[offset] === 2 ? "stderr" : "stdout";
      yield { stream, payload: pending.subarray(offset + 8, offset + 8 + size) };
      offset += 8 + size;
    }
    pending = pending.subarray(offset);
  }
}

/** Splits the log of a container with a terminal, whose lines have timestamps and no frames. */
export async function* readTerminalLines(bytes: Readable): AsyncGenerator<LogLine> {
  let lines: LogLine[] = [];
  const splitter = new LineSplitter((line) => {
    const space = line.indexOf(" ");
    lines.push({ stream: "stdout", time: line.slice(0, Math.max(0, space)), text: line.slice(space + 1) });
  });
  for await (const chunk of bytes) {
    splitter.write(chunk as Buffer);
    yield* lines;
    lines = [];
  }
  splitter.end();
  yield* lines;
}

/**
 * Joins frames with timestamps to lines of at most {@link LINE_CHARACTERS}. The engine splits a line into frames of 16
 * KiB, and can split a character; only the first frame's timestamp is kept.
 */
export async function* readLogLines(bytes: Readable): AsyncGenerator<LogLine> {
  const open: Record<LogLine["stream"], { time: string; text: string } | undefined> = {
    stdout: undefined,
    stderr: undefined,
  };
  const decoders = { stdout: new StringDecoder("utf8"), stderr: new StringDecoder("utf8") };
  for await (const { stream, payload } of readFrames(bytes)) {
    const space = payload.indexOf(" ");
    const time = payload.toString("latin1", 0, Math.max(0, space));
    const text = decoders[stream].write(payload.subarray(space + 1));
    const isEnd = text.endsWith("\n");
    let started = open[stream] ?? { time, text: "" };
    if (started.text !== "" && started.text.length + text.length - Number(isEnd) > LINE_CHARACTERS) {
      yield { stream, ...started };
      started = { time, text: "" };
    }
    const whole = started.text + text;
    open[stream] = isEnd ? undefined : { time: started.time, text: whole };
    if (isEnd) yield { stream, time: started.time, text: whole.replace(/\r?\n$/, "") };
  }
  for (const stream of ["stdout", "stderr"] as const) {
    const unfinished = open[stream];
    if (unfinished) yield { stream, ...unfinished };
  }
}
