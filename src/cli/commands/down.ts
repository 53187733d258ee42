// `knap down`: asks sessions to stop and waits until their processes have ended.
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { countText } from "../../base/count-text.ts";
import { readPrivateFile } from "../../base/private-files.ts";
import { sleep } from "../../base/sleep.ts";
import { makeHttpClient } from "../../client/http-client.ts";
import { listLabelled, type Orphan, removeOrphans } from "../../node/kubelet/orphans.ts";
import { openDockerRuntime } from "../../node/runtime/docker/docker-runtime.ts";
import { isProcessLive } from "../../node/runtime/process/process-identity.ts";
import { type ContainerRuntime, RuntimeError } from "../../node/runtime/runtime.ts";
import { CliError, complaintOf } from "../cli-error.ts";
import type { CommandBody } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { answerText } from "../output/answers.ts";
import { complain } from "../output/complain.ts";
import { tableText } from "../output/text.ts";
import { connect, readAccess } from "../session/connect.ts";
import { type FoundSession, isFolderLive, listSessions, PROCESS_FILE } from "../session/list-sessions.ts";
import { readHostId } from "../session/session-paths.ts";
import type { Terminal } from "../terminal.ts";

export interface DownFlags {
  readonly all?: boolean;
  readonly list?: boolean;
  readonly yes?: boolean;
  readonly output?: string;
}

/** Prints lines as things happen; with `-o json` one object at the end. */
interface DownReport {
  ended(session: FoundSession): void;
  removed(orphan: Orphan, isRemoved: boolean): void;
  finish(): void;
}

function openDownReport({ output }: DownFlags, { print }: Terminal): DownReport {
  if (output !== "json") {
    return {
      ended: ({ id, record }) =>
        print(`session ${id} ended${record === undefined ? "" : ` (${record.workingFolder})`}`),
      removed: ({ kind, name }, isRemoved) => print(`${kind} ${name} ${isRemoved ? "removed" : "cannot be removed"}`),
      finish: () => {},
    };
  }
  const ended: string[] = [];
  const leftovers: object[] = [];
  return {
    ended: ({ id }) => void ended.push(id),
    removed: ({ kind: type, name }, isRemoved) => void leftovers.push({ type, name, isRemoved }),
    finish: () => print(answerText("DownReport", { ended, leftovers })),
  };
}

/** In-flight requests get 5 s and containers their stop timeout; a session that takes longer than this hangs. */
const MAX_STOP_MS = 30_000;
const POLL_MS = 50;

/** Asks a session to stop. One that is starting has no API yet, so its process gets the signal of Ctrl-C. */
async function requestStop({ id, path, record }: FoundSession): Promise<void> {
  if (record !== undefined) {
    await makeHttpClient(readAccess(record, path)).knap("POST", "/stop");
    return;
  }
  const identity = readPrivateFile(join(path, PROCESS_FILE)) ?? "";
  if ((await isProcessLive(identity)) !== true) {
    const what = `session ${id} is starting or stopping, and its process is not visible here`;
    throw new CliError({ code: "NOT_POSSIBLE", what, fix: "end it with Ctrl-C in its own terminal" });
  }
  process.kill(Number.parseInt(identity, 10), "SIGINT");
}

async function end(session: FoundSession, { interrupts }: Terminal, report: DownReport): Promise<void> {
  const { id, path, record } = session;
  await requestStop(session);
  const limit = performance.now() + MAX_STOP_MS;
  while (await isFolderLive(path)) {
    if (interrupts.first.aborted) throw interrupted();
    if (performance.now() > limit) {
      const kill = record === undefined ? "end its process" : `end its process with \`kill -9 ${record.pid}\``;
      const what = `session ${id} does not stop`;
      throw new CliError({ code: "TIMEOUT", what, fix: `${kill}; the next start removes what it leaves` });
    }
    await sleep(POLL_MS, interrupts.first);
  }
  report.ended(session);
}

const interrupted = (): CliError => new CliError({ code: "INTERRUPTED", what: "interrupted" });

/** A session that starts has only an id. */
const listed = ({ id, record }: FoundSession): object => ({ id, ...record });

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

export const down: CommandBody<DownFlags> = async (_args, flags, terminal) => {
  const live = (await listSessions(terminal.env)).filter((session) => session.live);
  if (flags.list) {
    if (flags.output === "json") terminal.print(answerText("SessionList", { items: live.map(listed) }));
    else terminal.print(live.length === 0 ? "no session is running" : sessionTable(live));
    return exitCodes.ok;
  }
  const report = openDownReport(flags, terminal);
  if (flags.all) {
    const code = await downAll(live, flags, terminal, report);
    report.finish();
    return code;
  }
  const { session } = await connect(flags, terminal, { onlyHere: true });
  await end(live.find(({ id }) => id === session.id) as FoundSession, terminal, report);
  report.finish();
  return exitCodes.ok;
};

/** Ends the sessions. Returns whether all have ended; a session that does not stop is reported. */
async function endAll(sessions: readonly FoundSession[], terminal: Terminal, report: DownReport): Promise<boolean> {
  let allEnded = true;
  for (const session of sessions) {
    try {
      await end(session, terminal, report);
    } catch (error) {
      const complaint = complaintOf(error);
      if (complaint.exitCode === exitCodes.interrupted) throw error;
      complain(complaint, terminal);
      allEnded = false;
    }
  }
  return allEnded;
}

/** Shows the live sessions and ends them with the user's consent. Removes what dead sessions of this host left. */
async function downAll(
  live: readonly FoundSession[],
  { yes }: DownFlags,
  terminal: Terminal,
  report: DownReport,
): Promise<ExitCode> {
  let isDone = true;
  let isSpared = false;
  if (live.length > 0) {
    terminal.say(`live sessions:\n${sessionTable(live)}`);
    if (yes || (await confirm(`end ${countText(live.length, "session")}?`, terminal)))
      isDone = await endAll(live, terminal, report);
    else isSpared = true;
  }
  isSpared = (await removeLeftovers(yes === true, terminal, report)) || isSpared;
  if (isSpared) terminal.say("what may be in use was spared; `knap down --all --yes` removes it too");
  return isDone && !isSpared ? exitCodes.ok : exitCodes.failed;
}

/**
 * Removes what dead sessions left on the engine. It asks about sessions that may be live elsewhere. Returns
 * whether it left something.
 */
async function removeLeftovers(yes: boolean, terminal: Terminal, report: DownReport): Promise<boolean> {
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
    const labelled = await listLabelled({ runtime, hostId, isSessionLive: (id) => ids.has(id) });
    const elsewhere = new Set(
      labelled.flatMap(({ state, session }) => (state === "live" && !ids.has(session) ? [session] : [])),
    );
    for (const id of elsewhere) terminal.say(`session ${id} is live, with another session folder: spared`);
    const orphans = labelled.filter(({ state }) => state !== "live");
    const unsure = orphans.filter(({ state }) => state === "unknown");
    const isSure = unsure.length === 0 || yes || (await confirmForeign(unsure, terminal));
    const chosen = isSure ? orphans : orphans.filter((orphan) => !unsure.includes(orphan));
    const left = new Set(await removeOrphans(runtime, chosen));
    for (const orphan of chosen) report.removed(orphan, !left.has(orphan));
    return !isSure;
  } finally {
    await runtime.close();
  }
}

async function confirmForeign(orphans: readonly Orphan[], terminal: Terminal): Promise<boolean> {
  const ids = [...new Set(orphans.map(({ session }) => session))];
  terminal.say(`sessions that may be live on another host or in another container: ${ids.join(", ")}`);
  return confirm(`remove their ${orphans.length} containers, networks and volumes?`, terminal);
}

/** Asks for yes or no. Without a terminal, with Ctrl-D and by default, the answer is no. Ctrl-C ends the command. */
async function confirm(question: string, { stdin, stderr, interrupts }: Terminal): Promise<boolean> {
  if (stdin.isTTY !== true || stderr.isTTY !== true) return false;
  const dialog = createInterface({ input: stdin, output: stderr });
  const ended = new AbortController();
  // In raw mode the terminal sends no signal for Ctrl-C.
  dialog.once("SIGINT", () => interrupts.interrupt());
  dialog.once("close", () => ended.abort());
  const signal = AbortSignal.any([ended.signal, interrupts.first]);
  const answer = await dialog.question(`${question} [y/N] `, { signal }).catch(() => undefined);
  dialog.close();
  if (answer === undefined) stderr.write("\n");
  if (interrupts.first.aborted) throw interrupted();
  return /^y(es)?$/i.test((answer ?? "").trim());
}
