// The log of one process: the last lines in memory for followers and tails, all of them (up to a size, and as the disk has room) in a file. Never fails its process.
import { closeSync, openSync, writeSync } from "node:fs";
import { type EventQueue, makeEventQueue } from "../event-queue.ts";
import type { LogLine } from "../runtime.ts";

const MEMORY_LINES = 5_000;
const FILE_BYTES = 10 * 1024 * 1024;

export interface ProcessLog {
  write(stream: LogLine["stream"], chunk: Buffer): void;
  /** The process has ended: what is left of a line becomes one, followers end. */
  end(): void;
  read(options: {
    readonly follow: boolean;
    readonly tail?: number;
    readonly since?: string;
    readonly signal?: AbortSignal;
  }): AsyncIterable<LogLine>;
  /** The text of the last lines of either stream, for findings. */
  lastText(lines: number): string;
}

/** Opens a log that is also kept in `file`; `now` gives RFC 3339 times. Throws what the system throws when the file cannot be made. */
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
      written += writeWhatFits(descriptor, `${line.time} ${stream} ${text}\n`);
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

/** A full disk costs the file its line, and nobody else anything: who asks for logs is served from memory. */
function writeWhatFits(descriptor: number, text: string): number {
  try {
    return writeSync(descriptor, text);
  } catch {
    return 0;
  }
}
