// Prints the emulator's log records to stderr: warnings and errors always, the others with -v.
import { type Level, type Logger, type LogRecord, makeLogger } from "../../base/logger.ts";
import type { Terminal } from "../terminal.ts";

const RANK: Readonly<Record<Level, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

function lineOf({ level, message, fields }: LogRecord): string {
  const pairs = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return [level.toUpperCase().padEnd(5), message, ...pairs].join(" ");
}

/** A logger that writes through `terminal.say`; the terminal UI passes its own sink. */
export function sessionLog(verbose: boolean, terminal: Pick<Terminal, "say" | "paint">): Logger {
  const least = verbose ? RANK.debug : RANK.warn;
  return makeLogger((record) => {
    if (RANK[record.level] >= least) terminal.say(terminal.paint("dim", lineOf(record)));
  });
}
