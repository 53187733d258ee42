// Prints the emulator's log records to stderr: warnings and errors always, the others with -v.
import { errorDetails, jsonText } from "../../base/errors.ts";
import { type Level, type Logger, type LogRecord, makeLogger } from "../../base/logger.ts";
import { redacted } from "../../base/redact.ts";
import type { Terminal } from "../terminal.ts";

const RANK: Readonly<Record<Level, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

function lineOf({ level, message, fields }: LogRecord, stacks: boolean): string {
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${valueText(value, stacks)}`);
  return redacted([level.toUpperCase().padEnd(5), message, ...pairs].join(" "));
}

function valueText(value: unknown, stacks: boolean): string {
  if (typeof value === "string") return value;
  return value instanceof Error ? errorDetails(value, stacks) : jsonText(value);
}

/** Returns a logger that writes with `terminal.say`. */
export function sessionLog(verbose: boolean, terminal: Pick<Terminal, "say" | "paint">): Logger {
  const least = verbose ? RANK.debug : RANK.warn;
  return makeLogger((record) => {
    if (RANK[record.level] >= least) terminal.say(terminal.paint("dim", lineOf(record, verbose)));
  });
}
