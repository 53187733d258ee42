// Splits the engine's multiplexed log stream into lines. It buffers at most one line per stream.
import type { Readable } from "node:stream";
import type { LogLine } from "../runtime.ts";

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

/**
 * Joins frames with timestamps to lines. The engine splits lines over 16 KiB: a frame without a line end continues in
 * the next frame of its stream, whose timestamp is dropped.
 */
export async function* readLogLines(bytes: Readable): AsyncGenerator<LogLine> {
  const open: Record<LogLine["stream"], { time: string; text: string } | undefined> = {
    stdout: undefined,
    stderr: undefined,
  };
  for await (const { stream, payload } of readFrames(bytes)) {
    const { time, text } = splitTime(payload.toString("utf8"));
    const started = open[stream] ?? { time, text: "" };
    const whole = started.text + text;
    if (whole.endsWith("\n")) {
      open[stream] = undefined;
      yield { stream, time: started.time, text: whole.replace(/\r?\n$/, "") };
    } else {
      open[stream] = { time: started.time, text: whole };
    }
  }
  for (const stream of ["stdout", "stderr"] as const) {
    const unfinished = open[stream];
    if (unfinished) yield { stream, ...unfinished };
  }
}

function splitTime(text: string): { time: string; text: string } {
  const space = text.indexOf(" ");
  return { time: text.slice(0, space), text: text.slice(space + 1) };
}
