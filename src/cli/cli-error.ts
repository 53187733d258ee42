// Defines the error that ends a command, and turns every error into a message and an exit code. Prints nothing.

import { EnvironmentError } from "../base/environment-error.ts";
import { redacted } from "../base/redact.ts";
import { ApiError } from "../client/client.ts";
import { fixForNoEngine } from "../node/runtime/docker/engine-error.ts";
import { RuntimeError } from "../node/runtime/runtime.ts";
import { codeOfStatus, type ErrorCode, errorCodes } from "./error-codes.ts";
import type { ExitCode } from "./exit-code.ts";

/** The message of a failed command: what failed, why, and what to do. Only `what` is always there. */
export interface Complaint {
  readonly code: ErrorCode;
  readonly exitCode: ExitCode;
  readonly what: string;
  readonly why?: string | undefined;
  readonly fix?: string | undefined;
  /** What the error means for the whole command. This text is the last line, and starts with `knap:`. */
  readonly verdict?: string | undefined;
}

/** `exitCode`: other than that of the code. */
type ComplaintParts = Omit<Complaint, "exitCode"> & Partial<Pick<Complaint, "exitCode">>;

function makeComplaint(parts: ComplaintParts): Complaint {
  return { exitCode: errorCodes[parts.code].exitCode, ...parts };
}

/** Ends a command with a message and an exit code. Commands throw no other error for expected failures. */
export class CliError extends Error {
  readonly complaint: Complaint;
  constructor(parts: ComplaintParts, options?: ErrorOptions) {
    super(parts.what, options);
    this.name = "CliError";
    this.complaint = makeComplaint(parts);
  }
}

/** Wrong usage: exit code 2. */
export function usageError(what: string, fix?: string): CliError {
  return new CliError({ code: "USAGE", what, fix });
}

function isUnreachable(error: unknown): boolean {
  return error instanceof TypeError && (error.message === "fetch failed" || error.cause !== undefined);
}

/** Returns a {@link CliError} that names the folder if the error is a full disk; any other error unchanged. */
export function diskFullError(folder: string | undefined, error: unknown): unknown {
  const { code = "", message = "" } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  if (!["ENOSPC", "EDQUOT"].includes(code)) return error;
  return new CliError({
    code: "DISK_FULL",
    what: folder === undefined ? "the disk is full" : `the disk of ${folder} is full`,
    why: message,
    fix: "free some space, or set XDG_RUNTIME_DIR and XDG_STATE_HOME to folders on another disk",
  });
}

function fileSystemComplaint(error: unknown): Complaint | undefined {
  const { code, syscall, path } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined || path === undefined) return undefined;
  const fix = FILE_SYSTEM_FIXES[code];
  return makeComplaint({ code: "FILE_REFUSED", what: (error as Error).message, fix });
}

const NOT_ALLOWED =
  "check the owner and the permissions; sessions are kept in XDG_RUNTIME_DIR, permanent state in XDG_STATE_HOME";
const FILE_SYSTEM_FIXES: Readonly<Record<string, string>> = {
  EACCES: NOT_ALLOWED,
  EPERM: NOT_ALLOWED,
  EROFS: NOT_ALLOWED,
  ENOSPC: "free some space on that disk",
};

/** Returns the message for any error that a command throws. Unknown errors are reported as bugs of knap. */
export function complaintOf(error: unknown): Complaint {
  if (error instanceof CliError) return error.complaint;
  if (error instanceof EnvironmentError) {
    const { code, what, why, fix } = error;
    return makeComplaint({ code, what, why, fix });
  }
  if (error instanceof ApiError) {
    const { reason, message } = error.status;
    const what = `Error from server${reason ? ` (${reason})` : ""}: ${message}`;
    return makeComplaint({ code: codeOfStatus(error.status), what });
  }
  if (error instanceof RuntimeError) {
    if (error.code !== "unreachable") return makeComplaint({ code: "ENGINE_FAILED", what: error.message });
    const what = "the container engine does not respond";
    return makeComplaint({ code: "NO_ENGINE", what, why: error.message, fix: fixForNoEngine(error) });
  }
  if (isUnreachable(error)) {
    return makeComplaint({
      code: "SESSION_UNREACHABLE",
      what: "the session's API does not respond",
      why: String((error as Error).cause ?? error),
      fix: "list the running sessions with `knap down --list`, or start one with `knap up`",
    });
  }
  const diskFull = diskFullError(undefined, error);
  if (diskFull instanceof CliError) return diskFull.complaint;
  const refused = fileSystemComplaint(error);
  if (refused !== undefined) return refused;
  const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return makeComplaint({
    code: "INTERNAL",
    what: "internal error of knap",
    why,
    fix: "please report it with the lines above",
  });
}

/** Returns the message as lines for stderr. */
export function complaintText({ what, why, fix, verdict }: Complaint): string {
  const lines = [`knap: ${what}`];
  if (why) lines.push(...why.split("\n").map((line) => `  ${line}`));
  if (fix) lines.push(`  → ${fix}`);
  if (verdict) lines.push(`knap: ${verdict}`);
  return redacted(`${lines.join("\n")}\n`);
}
