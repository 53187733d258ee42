// Keeps the log of one process: the last lines in memory for readers, and up to 10 MiB in a file.
import { closeSync, openSync, writeSync } from "node:fs";
import { LineSplitter } from "../line-splitter.ts";
import { LogRing } from "../log-ring.ts";
import type { LogLine, LogOptions } from "../runtime.ts";

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
  const ring = new LogRing();
  let ended = false;
  let written = 0;
  let descriptor: number | undefined = openSync(file, "w", 0o600);
  const keep = (stream: LogLine["stream"], text: string): void => {
    const line: LogLine = { stream, time: now(), text };
    ring.add(line);
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
      ring.end();
      if (descriptor !== undefined) closeIfPossible(descriptor);
      descriptor = undefined;
    },
    read: (options) => ring.read(options),
    lastText: (count) => ring.lastText(count),
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
