// `knap harness`: the process behind the test library. It starts a session as `knap ci` does, and does what the library
// asks until the library ends or its process dies. Hidden from the help.

import { readOverlay } from "../../project/overlay.ts";
import type { Project } from "../../project/project.ts";
import type { HarnessProblem, StartedSession } from "../../testing/protocol.ts";
import { complaintOf, usageError } from "../cli-error.ts";
import type { CommandBody, GlobalFlags } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { resolveSession, type SessionFlags, type SessionSettings } from "../flags/session-flags.ts";
import { type Channel, openChannel } from "../harness/channel.ts";
import { HarnessSession } from "../harness/harness-session.ts";
import { devProgress } from "../progress/dev-progress.ts";
import { loadUsableProject } from "../project-loading.ts";
import { runSession } from "../session/run-session.ts";
import { sessionLog } from "../session/session-log.ts";
import type { RunningSession } from "../session/start-session.ts";
import { makeLineUi } from "../ui/line-ui.ts";

type Flags = SessionFlags & GlobalFlags;

/** Makes the problem that the library shows. Findings of the doctor explain problems of the machine. */
async function problemOf(error: unknown, channel: Channel, project?: Project): Promise<HarnessProblem> {
  const { exitCode, what, why, fix } = complaintOf(error);
  if (exitCode === exitCodes.usage || project === undefined) return { what, why, fix };
  const { findMachineProblems } = await import("./doctor.ts");
  const doctor = await findMachineProblems(project, channel.terminal).catch(() => []);
  return { what, why, fix, doctor };
}

function startedSession(
  { emulator, folder }: RunningSession,
  { namespace }: Project,
  { clock }: SessionSettings,
): StartedSession {
  const { runtime, ingress, api } = emulator;
  return { session: folder.id, runtime, clock, namespace, ingress, api, kubeconfig: folder.kubeconfig };
}

type LaterRequest = Parameters<HarnessSession["handle"]>[0];

async function answer(channel: Channel, run: HarnessSession, request: LaterRequest, project: Project): Promise<void> {
  const { id } = request;
  try {
    await run.handle(request);
    channel.send({ id, result: {} });
  } catch (error) {
    channel.send({ id, problem: await problemOf(error, channel, project) });
  }
}

interface HarnessRun {
  readonly channel: Channel;
  /** The id of the request `start`. */
  readonly id: number;
  readonly project: Project;
  load(files: readonly string[], text: string): Promise<Project>;
  readonly flags: Flags;
}

async function runHarness({ channel, id, project, load, flags }: HarnessRun): Promise<void> {
  const { terminal, requests } = channel;
  const settings = { ...resolveSession(flags, project.settings), port: 0 };
  const ui = makeLineUi("plain", terminal, true);
  const log = sessionLog(flags.verbose === true, terminal);
  await runSession({ command: "test", project, settings, log, ui }, terminal, async (session) => {
    const { timeoutMs } = settings;
    const parts = { session, project, load, timeoutMs, signal: terminal.interrupts.first };
    await using run = await HarnessSession.open(parts, terminal.env, (event) => {
      for (const each of devProgress(event)) ui.render(each);
    });
    await run.start();
    channel.send({ id, result: startedSession(session, project, settings) });
    for await (const request of requests) void answer(channel, run, request as LaterRequest, project);
  });
}

export const harness: CommandBody<SessionFlags> = async (_args, flags, terminal): Promise<ExitCode> => {
  const channel = openChannel(terminal);
  const first = (await channel.requests.next()).value;
  if (first?.verb !== "start")
    throw usageError("`knap harness` is the process behind the test library", "call createHarness() of knap/testing");
  let project: Project | undefined;
  try {
    const options = readOverlay(first.options, terminal.cwd);
    if (!options.ok) throw usageError("the options of createHarness are wrong", options.error);
    const given: Flags = { ...flags, ...options.value.flags };
    const loadSome = (file: readonly string[], text: string, isPartial: boolean): Promise<Project> => {
      const overlay = { ...options.value.overlay, isPartial };
      const { terminal: own } = channel;
      return loadUsableProject({ ...given, file }, own, { mode: "up", overlay, readStdin: async () => text });
    };
    project = await loadSome(options.value.files, "", false);
    const load = (files: readonly string[], text: string): Promise<Project> => loadSome(files, text, true);
    await runHarness({ channel, id: first.id, project, load, flags: given });
    return exitCodes.ok;
  } catch (error) {
    channel.send({ id: first.id, problem: await problemOf(error, channel, project) });
    return complaintOf(error).exitCode;
  }
};
