// Keeps the log of one process: the last lines in memory for readers, and up to 10 MiB in a file.
import { closeSync, openSync, writeSync } from "node:fs";
import { type EventQueue, makeEventQueue } from "../event-queue.ts";
import { LineSplitter } from "../line-splitter.ts";
import type { LogLine, LogOptions } from "../runtime.ts";

const MEMORY_LINES = 5_000;
const FILE_BYTES = 10 * 1024 * 1024;

export interface ProcessLog {
  write(stream: LogLine["stream"], chunk: Buffer): void;
  /** Ends the log and its followers. An unfinished line becomes a line. */
  end(): void;
  read(options: LogOptions): AsyncIterable<LogLine>;
  /** Returns the text of the last lines of both streams. */
  lastText(lines: number): string;
}

/** `now` returns RFC 3339 times. Throws the system's error when `file` cannot be created. */
export function openProcessLog(file: string, now: () => string): ProcessLog {
  const lines: LogLine[] = [];
  const followers = new Set<EventQueue<LogLine>>();
  let ended = false;
  let written = 0;
  let descriptor: number | undefined = openSync(file, "w", 0o600);
  const keep = (stream: LogLine["stream"], text: string): void => {
    const line: LogLine = { stream, time: now(), text };
    lines.push(line);
    if (lines.length > MEMORY_LINES) lines.splice(0, lines.length - MEMORY_LINES);
    for (const follower of followers) follower.push(line);
    if (descriptor !== undefined && written < FILE_BYTES)
      written += writeIfPossible(descriptor, `${line.time} ${stream} ${text}\n`);
  };
  const splitters = {
    stdout: new LineSplitter((text) => keep("stdout", text)),
    stderr: new LineSplitter((text) => keep("stderr", text)),
  };
  return {
    write: (stream, chunk) => splitters[stream].write(chunk),
    end() {
      if (ended) return;
      ended = true;
      for (const splitter of Object.values(splitters)) splitter.end();
      for (const follower of followers) follower.end();
      if (descriptor !== undefined) closeIfPossible(descriptor);
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

/** A network file system reports a full disk at the close. */
function closeIfPossible(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {
    // The descriptor is closed nevertheless.
  }
}

/** On a full disk the file misses the line, and readers still get it from memory. */
function writeIfPossible(descriptor: number, text: string): number {
  try {
    return writeSync(descriptor, text);
  } catch {
    return 0;
  }
}
