// The log of one process: the last lines in memory for readers, and up to 10 MiB in a file. A full disk does not affect
// the process.
import { closeSync, openSync, writeSync } from "node:fs";
import { type EventQueue, makeEventQueue } from "../event-queue.ts";
import type { LogLine, LogOptions } from "../runtime.ts";

const MEMORY_LINES = 5_000;
const FILE_BYTES = 10 * 1024 * 1024;

export interface ProcessLog {
  write(stream: LogLine["stream"], chunk: Buffer): void;
  /** Ends the log when the process has ended: an unfinished line counts as a line, and followers end. */
  end(): void;
  read(options: LogOptions): AsyncIterable<LogLine>;
  /** The text of the last lines of both streams. */
  lastText(lines: number): string;
}

/**
 * Opens a log with a copy in `file`; `now` returns RFC 3339 times. Throws the system's error when the file cannot be
 * created.
 */
export function openProcessLog(file: string, now: () => string): ProcessLog {
  const lines: LogLine[] = [];
  const followers = new Set<EventQueue<LogLine>>();
  const partial: Record<LogLine["stream"], string> = { stdout: "", stderr: "" };
  let ended = false;
  let written = 0;
  let descriptor: number | undefined = openSync(file, "w", 0o600);
  const keep = (stream: LogLine["stream"], text: string): void => {
    const line: LogLine = { stream, time: now(), text };
    lines.push(line);
    if (lines.length > MEMORY_LINES) lines.splice(0, lines.length - MEMORY_LINES);
    for (const follower of followers) follower.push(line);
    if (descriptor !== undefined && written < FILE_BYTES)
      written += writeIfRoom(descriptor, `${line.time} ${stream} ${text}\n`);
  };
  return {
    write(stream, chunk) {
      const parts = (partial[stream] + chunk.toString("utf8")).split("\n");
      partial[stream] = parts.pop() ?? "";
      for (const part of parts) keep(stream, part.replace(/\r$/, ""));
    },
    end() {
      if (ended) return;
      ended = true;
      for (const stream of ["stdout", "stderr"] as const) if (partial[stream] !== "") keep(stream, partial[stream]);
      for (const follower of followers) follower.end();
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
    read({ follow, tail, since, signal }) {
      const recent = since === undefined ? lines : lines.filter((line) => Date.parse(line.time) >= Date.parse(since));
      const chosen = tail === undefined ? recent : tail === 0 ? [] : recent.slice(-tail);
      const queue = makeEventQueue<LogLine>(() => followers.delete(queue));
      for (const line of chosen) queue.push(line);
      if (follow && !ended && !signal?.aborted) {
        followers.add(queue);
        signal?.addEventListener("abort", () => queue.end(), { once: true });
      } else {
        queue.end();
      }
      return queue;
    },
    lastText: (count) =>
      lines
        .slice(-count)
        .map((line) => line.text)
        .join("\n"),
  };
}

/** On a full disk the line is missing in the file; readers get it from memory. */
function writeIfRoom(descriptor: number, text: string): number {
  try {
    return writeSync(descriptor, text);
  } catch {
    return 0;
  }
}
