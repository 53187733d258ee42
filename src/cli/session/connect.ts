// From a command line to a client: chooses the session that it means and opens its API.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "../../client/client.ts";
import { makeHttpClient } from "../../client/http-client.ts";
import type { GlobalFlags } from "../program/define.ts";
import type { Terminal } from "../terminal.ts";
import { chooseSession } from "./choose-session.ts";
import { listSessions } from "./list-sessions.ts";
import type { SessionRecord } from "./session-record.ts";

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
