// `knap down`: asks a session to stop and waits until its process has ended.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sleep } from "../../base/sleep.ts";
import { makeHttpClient } from "../../client/http-client.ts";
import { findOrphans, removeOrphans } from "../../node/kubelet/orphans.ts";
import { openDockerRuntime } from "../../node/runtime/docker/docker-runtime.ts";
import { type ContainerRuntime, RuntimeError } from "../../node/runtime/runtime.ts";
import { CliError } from "../cli-error.ts";
import type { GlobalFlags } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { tableText } from "../output/text.ts";
import { connect } from "../session/connect.ts";
import { ALIVE_SOCKET, type FoundSession, isAlive, listSessions } from "../session/list-sessions.ts";
import type { Terminal } from "../terminal.ts";

export interface DownFlags {
  readonly all?: boolean;
  readonly list?: boolean;
}

/** In-flight requests get 5 s and containers their stop timeout; a session that takes longer than this hangs. */
const MAX_STOP_MS = 30_000;

async function end({ id, path, record }: FoundSession, terminal: Terminal): Promise<void> {
  if (record === undefined) return;
  const token = (await readFile(join(path, "token"), "utf8")).trim();
  await makeHttpClient({ address: record.api, token }).knap("POST", "/stop");
  const limit = performance.now() + MAX_STOP_MS;
  while (await isAlive(join(path, ALIVE_SOCKET))) {
    if (performance.now() > limit) {
      const fix = `kill its process: kill -9 ${record.pid}; the next start removes what it leaves`;
      throw new CliError({ exitCode: exitCodes.timeout, what: `session ${id} does not stop`, fix });
    }
    await sleep(50);
  }
  terminal.print(`session ${id} ended (${record.workingFolder})`);
}

function sessionTable(sessions: readonly FoundSession[]): string {
  const rows = sessions.map(({ id, record }) => [
    id,
    record?.command ?? "starting",
    record?.runtime ?? "",
    record?.ingress ?? "",
    record?.workingFolder ?? "",
  ]);
  return tableText({ headers: ["id", "command", "runtime", "ingress", "folder"], rows });
}

async function chooseOne(flags: GlobalFlags, terminal: Terminal, live: readonly FoundSession[]): Promise<FoundSession> {
  const { session } = await connect(flags, terminal);
  return live.find(({ id }) => id === session.id) as FoundSession;
}

export async function down(
  _words: readonly string[],
  flags: DownFlags & GlobalFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const live = (await listSessions(terminal.env)).filter((session) => session.live);
  if (flags.list) {
    terminal.print(live.length === 0 ? "no session is running" : sessionTable(live));
    return exitCodes.ok;
  }
  const chosen = flags.all ? live : [await chooseOne(flags, terminal, live)];
  for (const session of chosen) await end(session, terminal);
  if (flags.all) await removeLeftovers(terminal);
  return exitCodes.ok;
}

/** Removes everything on the engine that has knap's labels, including that of other hosts. */
async function removeLeftovers(terminal: Terminal): Promise<void> {
  let runtime: ContainerRuntime;
  try {
    runtime = await openDockerRuntime({ env: terminal.env });
  } catch (error) {
    // Without an engine there are no containers to remove.
    if (error instanceof RuntimeError) return;
    throw error;
  }
  try {
    const orphans = await findOrphans({ runtime, isSessionLive: () => false });
    const left = new Set(await removeOrphans(runtime, orphans));
    for (const orphan of orphans) {
      terminal.print(`${orphan.kind} ${orphan.name} ${left.has(orphan) ? "cannot be removed" : "removed"}`);
    }
  } finally {
    await runtime.close();
  }
}
