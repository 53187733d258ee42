// Writes the error of a command: for people, or for programs that asked for JSON.
import { redacted } from "../../base/redact.ts";
import { type Complaint, complaintText } from "../cli-error.ts";
import type { Terminal } from "../terminal.ts";
import { answerLine } from "./answers.ts";

/** `-o json`: one line of JSON instead of text. `--ui json`: also an event on stdout. */
export function complain(complaint: Complaint, { errors, stderr, print }: Terminal): void {
  if (errors.format === "json") {
    stderr.write(`${redacted(answerLine("Error", complaint))}\n`);
    return;
  }
  if (errors.format === "event") print(eventLine({ type: "error", ...complaint }));
  stderr.write(complaintText(complaint));
}

/** Returns a line of `--ui json`. */
export function eventLine(event: { readonly type: string }): string {
  return redacted(answerLine("ProgressEvent", { time: new Date().toISOString(), ...event }));
}
