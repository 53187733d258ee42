// How a command says no: what happened, why, and what to do. Nothing here prints.

import { EnvironmentError } from "../base/environment-error.ts";
import { ApiError } from "../client/client.ts";
import { type ExitCode, exitCodes } from "./exit-code.ts";

/** The three sentences of a failure. `what` alone must be enough to know what did not work. */
export interface Complaint {
  readonly exitCode: ExitCode;
  readonly what: string;
  readonly why?: string;
  readonly fix?: string;
  /** What became of the whole command; said last, in a line of its own that starts with `knap:`. */
  readonly verdict?: string;
}

/** Ends a command with a complaint and its exit code; the only exception that commands throw on purpose. */
export class CliError extends Error {
  readonly complaint: Complaint;
  constructor(complaint: Complaint, options?: ErrorOptions) {
    super(complaint.what, options);
    this.name = "CliError";
    this.complaint = complaint;
  }
}

/** Wrong usage: exit code 2. */
export function usageError(what: string, fix?: string): CliError {
  return new CliError({ exitCode: exitCodes.usage, what, ...(fix !== undefined && { fix }) });
}

function isUnreachable(error: unknown): boolean {
  return error instanceof TypeError && (error.message === "fetch failed" || error.cause !== undefined);
}

/** An error of the file system, as a complaint when it is that the disk is full; `folder`: where, for a failed write does not say. */
export function noRoomAt(folder: string | undefined, error: unknown): unknown {
  const { code = "", message = "" } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  if (!["ENOSPC", "EDQUOT"].includes(code)) return error;
  return new CliError({
    exitCode: exitCodes.environment,
    what: folder === undefined ? "there is no room on the disk" : `there is no room on the disk of ${folder}`,
    why: message,
    fix: "make room there, or set XDG_RUNTIME_DIR and XDG_STATE_HOME to folders elsewhere",
  });
}

/** Files and folders that may not be read or written, a disk that is full: the machine's, not knap's own fault. */
function refusalOfSystem(error: unknown): Complaint | undefined {
  const { code, syscall, path } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined || path === undefined) return undefined;
  const fix = FIXES_OF_SYSTEM[code];
  return { exitCode: exitCodes.environment, what: (error as Error).message, ...(fix !== undefined && { fix }) };
}

const NOT_ALLOWED =
  "see whose it is and who may write there; sessions are kept in XDG_RUNTIME_DIR, what outlives them in XDG_STATE_HOME";
const FIXES_OF_SYSTEM: Readonly<Record<string, string>> = {
  EACCES: NOT_ALLOWED,
  EPERM: NOT_ALLOWED,
  EROFS: NOT_ALLOWED,
  ENOSPC: "make room on that disk",
};

/** What to tell about any error that reached the top. Unknown ones are called what they are: a bug. */
export function complaintOf(error: unknown): Complaint {
  if (error instanceof CliError) return error.complaint;
  if (error instanceof EnvironmentError) {
    return { exitCode: exitCodes.environment, what: error.what, why: error.why, fix: error.fix };
  }
  if (error instanceof ApiError) {
    const { reason, message } = error.status;
    return { exitCode: exitCodes.failed, what: `Error from server${reason ? ` (${reason})` : ""}: ${message}` };
  }
  if (isUnreachable(error)) {
    return {
      exitCode: exitCodes.environment,
      what: "the session's API does not answer",
      why: String((error as Error).cause ?? error),
      fix: "see which sessions live with `knap down --list`, or start one with `knap up`",
    };
  }
  const noRoom = noRoomAt(undefined, error);
  if (noRoom instanceof CliError) return noRoom.complaint;
  const refusal = refusalOfSystem(error);
  if (refusal !== undefined) return refusal;
  const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    exitCode: exitCodes.failed,
    what: "knap met a fault of its own",
    why,
    fix: "please report it with the lines above",
  };
}

/** The lines for standard error. */
export function complaintText({ what, why, fix, verdict }: Complaint): string {
  const lines = [`knap: ${what}`];
  if (why) lines.push(...why.split("\n").map((line) => `  ${line}`));
  if (fix) lines.push(`  → ${fix}`);
  if (verdict) lines.push(`knap: ${verdict}`);
  return `${lines.join("\n")}\n`;
}
