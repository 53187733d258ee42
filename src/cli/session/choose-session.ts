// Which session a command means. Pure: the caller lists the sessions and reads flags and folder.
import { sep } from "node:path";
import { CliError } from "../cli-error.ts";
import { exitCodes } from "../exit-code.ts";
import type { SessionRecord } from "./session-record.ts";

export interface SessionWish {
  /** `--session`, else `KNAP_SESSION`. */
  readonly id: string | undefined;
  readonly currentFolder: string;
}

function contains(folder: string, inner: string): boolean {
  return inner === folder || inner.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function listText(sessions: readonly SessionRecord[]): string {
  return sessions.map(({ id, workingFolder, ingress }) => `${id}  ${ingress}  ${workingFolder}`).join("\n");
}

/**
 * The named session, else the only live one whose folder contains the current folder, else the only live one.
 * Throws a {@link CliError} with exit code 2 and the list when that is not one.
 */
export function chooseSession(live: readonly SessionRecord[], wish: SessionWish): SessionRecord {
  if (wish.id !== undefined) {
    const named = live.find(({ id }) => id === wish.id);
    if (named !== undefined) return named;
    throw new CliError({
      exitCode: exitCodes.usage,
      what: `no session "${wish.id}" lives`,
      ...(live.length > 0 && { why: `these do:\n${listText(live)}` }),
      fix: live.length > 0 ? "name one of those with --session or KNAP_SESSION" : "none does; start one with `knap up`",
    });
  }
  if (live.length === 0) {
    throw new CliError({ exitCode: exitCodes.usage, what: "no session lives here", fix: "start one with `knap up`" });
  }
  const here = live.filter(({ workingFolder }) => contains(workingFolder, wish.currentFolder));
  for (const candidates of [here, live]) {
    if (candidates.length === 1) return candidates[0] as SessionRecord;
    if (candidates.length > 1) break;
  }
  throw new CliError({
    exitCode: exitCodes.usage,
    what: `${live.length} sessions live, and it is not clear which one you mean`,
    why: listText(live),
    fix: "name one with --session ID or KNAP_SESSION",
  });
}
