// From a command line to a client: chooses the session that it means and opens its API.
import { readFile } from "node:fs/promises";
import { join, sep } from "node:path";
import type { Client } from "../../client/client.ts";
import { makeHttpClient } from "../../client/http-client.ts";
import { CliError } from "../cli-error.ts";
import type { GlobalFlags } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import type { Terminal } from "../terminal.ts";
import { listSessions, type SessionRecord } from "./list-sessions.ts";

export interface Connection {
  readonly client: Client;
  readonly session: SessionRecord;
  /** The session's folder. */
  readonly path: string;
  /** The session's own time, from which ages count: it may be virtual, or ahead of a clock that was set back. Ms since the epoch. */
  now(): Promise<number>;
}

/** The session that `--session`, KNAP_SESSION or the current folder mean. */
export async function connect(flags: GlobalFlags, terminal: Terminal): Promise<Connection> {
  const found = (await listSessions(terminal.env)).filter(({ live }) => live);
  const records = found.flatMap(({ record }) => (record === undefined ? [] : [record]));
  const id = flags.session ?? (terminal.env["KNAP_SESSION"] || undefined);
  const session = chooseSession(records, { id, currentFolder: terminal.cwd });
  const path = found.find((each) => each.id === session.id)?.path ?? "";
  const token = (await readFile(join(path, "token"), "utf8")).trim();
  const client = makeHttpClient({ address: session.api, token });
  const now = async () => (await client.knap<{ time: number }>("GET", "/clock")).time;
  return { client, session, path, now };
}

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
