// `knap down`: asks sessions to stop and waits until their processes have ended.
import { createInterface } from "node:readline/promises";
import { sleep } from "../../base/sleep.ts";
import { makeHttpClient } from "../../client/http-client.ts";
import { listLabelled, type Orphan, removeOrphans } from "../../node/kubelet/orphans.ts";
import { openDockerRuntime } from "../../node/runtime/docker/docker-runtime.ts";
import { type ContainerRuntime, RuntimeError } from "../../node/runtime/runtime.ts";
import { CliError } from "../cli-error.ts";
import type { GlobalFlags } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { tableText } from "../output/text.ts";
import { connect, readToken } from "../session/connect.ts";
import { type FoundSession, isFolderLive, listSessions } from "../session/list-sessions.ts";
import { readHostId } from "../session/session-paths.ts";
import type { Terminal } from "../terminal.ts";

export interface DownFlags {
  readonly all?: boolean;
  readonly list?: boolean;
  readonly yes?: boolean;
}

/** In-flight requests get 5 s and containers their stop timeout; a session that takes longer than this hangs. */
const MAX_STOP_MS = 30_000;

async function end({ id, path, record }: FoundSession, terminal: Terminal): Promise<void> {
  if (record === undefined) return;
  await makeHttpClient({ address: record.api, token: readToken(path) }).knap("POST", "/stop");
  const limit = performance.now() + MAX_STOP_MS;
  while (await isFolderLive(path)) {
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
  if (flags.all) return downAll(live, flags, terminal);
  const { session } = await connect(flags, terminal, { onlyHere: true });
  await end(live.find(({ id }) => id === session.id) as FoundSession, terminal);
  return exitCodes.ok;
}

/** Shows the live sessions and ends them with the user's consent. Removes what dead sessions of this host left. */
async function downAll(live: readonly FoundSession[], { yes }: DownFlags, terminal: Terminal): Promise<ExitCode> {
  let spared = false;
  if (live.length > 0) {
    terminal.say(`live sessions:\n${sessionTable(live)}`);
    if (yes || (await confirm(`end ${count(live.length, "session")}?`, terminal))) {
      for (const session of live) await end(session, terminal);
    } else spared = true;
  }
  spared = (await removeLeftovers(yes === true, terminal)) || spared;
  if (!spared) return exitCodes.ok;
  terminal.say("what may be in use was spared; `knap down --all --yes` removes it too");
  return exitCodes.failed;
}

/**
 * Removes what dead sessions left on the engine. What sessions of other hosts have may be in use, so it asks.
 * Returns whether something was spared.
 */
async function removeLeftovers(yes: boolean, terminal: Terminal): Promise<boolean> {
  let runtime: ContainerRuntime;
  try {
    runtime = await openDockerRuntime({ env: terminal.env });
  } catch (error) {
    // Without an engine there are no containers to remove.
    if (error instanceof RuntimeError) return false;
    throw error;
  }
  try {
    const sessions = await listSessions(terminal.env);
    const ids = new Set(sessions.filter((session) => session.live).map(({ id }) => id));
    const hostId = await readHostId(terminal.env);
    const labelled = await listLabelled({ runtime, isSessionLive: (id) => ids.has(id) });
    const elsewhere = new Set(
      labelled.flatMap(({ state, session }) => (state === "live" && !ids.has(session) ? [session] : [])),
    );
    for (const id of elsewhere) terminal.say(`session ${id} is live, with another session folder: spared`);
    const orphans = labelled.filter(({ state }) => state !== "live");
    const unsure = orphans.filter(({ host, state }) => host !== hostId && state === "unknown");
    const isSure = unsure.length === 0 || yes || (await confirmForeign(unsure, terminal));
    const chosen = isSure ? orphans : orphans.filter((orphan) => !unsure.includes(orphan));
    const left = new Set(await removeOrphans(runtime, chosen));
    for (const orphan of chosen) {
      terminal.print(`${orphan.kind} ${orphan.name} ${left.has(orphan) ? "cannot be removed" : "removed"}`);
    }
    return !isSure;
  } finally {
    await runtime.close();
  }
}

async function confirmForeign(orphans: readonly Orphan[], terminal: Terminal): Promise<boolean> {
  const ids = [...new Set(orphans.map(({ session }) => session))];
  terminal.say(`sessions of other hosts, which may be live: ${ids.join(", ")}`);
  return confirm(
    `remove their ${count(orphans.length, "container, network or volume", "containers, networks and volumes")}?`,
    terminal,
  );
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** Asks for yes or no; without a terminal, and by default, the answer is no. */
async function confirm(question: string, { stdin, stderr }: Terminal): Promise<boolean> {
  if (stdin.isTTY !== true || stderr.isTTY !== true) return false;
  const dialog = createInterface({ input: stdin, output: stderr });
  try {
    return /^y(es)?$/i.test((await dialog.question(`${question} [y/N] `)).trim());
  } finally {
    dialog.close();
  }
}
