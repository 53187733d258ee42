// Selects the session that a command works on, and connects to its API.
import { join, sep } from "node:path";
import { readPrivateFile } from "../../base/private-files.ts";
import type { ApiAccess, Client } from "../../client/client.ts";
import { makeHttpClient } from "../../client/http-client.ts";
import { CliError } from "../cli-error.ts";
import type { GlobalFlags } from "../command.ts";
import type { Terminal } from "../terminal.ts";
import { AUTHORITY_FILE, listSessions, type SessionRecord } from "./list-sessions.ts";

export interface Connection {
  readonly client: Client;
  readonly session: SessionRecord;
  /** The session's folder. */
  readonly path: string;
  /**
   * Resolves with the session's time in ms since the epoch, to compute ages. This time may be virtual, or ahead of a
   * clock that was set back.
   */
  now(): Promise<number>;
}

/** Connects to the session that `--session`, KNAP_SESSION or the current folder select. */
export async function connect(
  flags: GlobalFlags,
  terminal: Terminal,
  { onlyHere }: { readonly onlyHere?: boolean } = {},
): Promise<Connection> {
  const found = (await listSessions(terminal.env)).filter(({ live }) => live);
  const records = found.flatMap(({ record }) => (record === undefined ? [] : [record]));
  const id = flags.session || terminal.env["KNAP_SESSION"] || undefined;
  const session = chooseSession(records, { id, currentFolder: terminal.cwd, onlyHere });
  const path = found.find((each) => each.id === session.id)?.path ?? "";
  const client = makeHttpClient(readAccess(session, path));
  const now = async () => (await client.knap<{ time: number }>("GET", "/clock")).time;
  return { client, session, path, now };
}

/** Reads a session's folder. Throws a {@link CliError} if a file is gone or not private. */
export function readAccess({ api }: SessionRecord, path: string): ApiAccess {
  const authority = api.startsWith("https:") ? readSecret(path, AUTHORITY_FILE) : undefined;
  return { address: api, token: readSecret(path, "token").trim(), authority };
}

function readSecret(folder: string, name: string): string {
  const path = join(folder, name);
  const content = readPrivateFile(path);
  if (content !== undefined) return content;
  throw new CliError({
    code: "SESSION_UNREACHABLE",
    what: `${path} cannot be read, or other users can read it`,
    fix: "end the session with Ctrl-C and start it again",
  });
}

export interface SessionSelection {
  /** `--session`, else `KNAP_SESSION`. */
  readonly id: string | undefined;
  readonly currentFolder: string;
  /** Never choose a session of another folder. */
  readonly onlyHere?: boolean | undefined;
}

function contains(folder: string, inner: string): boolean {
  return inner === folder || inner.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function listText(sessions: readonly SessionRecord[]): string {
  return sessions.map(({ id, workingFolder, ingress }) => `${id}  ${ingress}  ${workingFolder}`).join("\n");
}

/**
 * Returns the named session, else the only running session whose folder contains the current folder, else the only
 * running session unless `onlyHere`. Throws a {@link CliError} with exit code 2 and the list of sessions if no such
 * session exists or several do.
 */
export function chooseSession(live: readonly SessionRecord[], selection: SessionSelection): SessionRecord {
  if (selection.id !== undefined) {
    const named = live.find(({ id }) => id === selection.id);
    if (named !== undefined) return named;
    throw new CliError({
      code: "NO_SESSION",
      what: `no session "${selection.id}" is running`,
      why: live.length > 0 ? `running sessions:\n${listText(live)}` : undefined,
      fix:
        live.length > 0
          ? "name one of those with --session or KNAP_SESSION"
          : "no session is running; start one with `knap up`",
    });
  }
  if (live.length === 0) {
    throw new CliError({ code: "NO_SESSION", what: "no session is running", fix: "start one with `knap up`" });
  }
  const here = live.filter(({ workingFolder }) => contains(workingFolder, selection.currentFolder));
  if (selection.onlyHere && here.length === 0) {
    throw new CliError({
      code: "NO_SESSION",
      what: `no session of ${selection.currentFolder} is running`,
      why: `running sessions of other folders:\n${listText(live)}`,
      fix: "name one of those with --session ID, or run the command in its folder",
    });
  }
  for (const candidates of [here, live]) {
    if (candidates.length === 1) return candidates[0] as SessionRecord;
    if (candidates.length > 1) break;
  }
  throw new CliError({
    code: "NO_SESSION",
    what: `${live.length} sessions are running, and the command fits several of them`,
    why: listText(live),
    fix: "name one with --session ID or KNAP_SESSION",
  });
}
