// Defines the errors that verbs of the test library throw.
import { ApiError } from "../client/client.ts";
import type { HarnessProblem } from "./protocol.ts";

/**
 * A verb failed. The message says what happened, why and what to do; for failures of a session also what `knap doctor`
 * finds on this machine, and the last lines of its progress.
 */
export class HarnessError extends Error {
  /** @internal */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "HarnessError";
  }
}

const indented = (text: string): string => text.replace(/^/gm, "  ");

/** Makes the error for a problem that the session's process reports. `lines`: its last lines of progress. */
export function errorOf({ what, why, fix, doctor = [] }: HarnessProblem, lines: readonly string[]): HarnessError {
  const findings = doctor.map((found) => `! ${found.what}${found.fix === undefined ? "" : `\n  → ${found.fix}`}`);
  return new HarnessError(
    [
      what,
      ...(why ? [indented(why)] : []),
      ...(fix ? [indented(`→ ${fix.replaceAll("\n", "\n  ")}`)] : []),
      ...(findings.length > 0 ? ["knap doctor:", ...findings.map(indented)] : []),
      ...(lines.length > 0 ? ["the session's last lines:", ...lines.map(indented)] : []),
    ].join("\n"),
  );
}

/** Returns a {@link HarnessError} with the API's message for a refusal; any other error unchanged. */
export function refusalOf(error: unknown): unknown {
  return error instanceof ApiError ? new HarnessError(error.message, { cause: error }) : error;
}
