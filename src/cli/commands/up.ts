// `knap up`: starts a session, deploys the files, watches them and shows progress until Ctrl-C.
import { monotonicClock } from "../../base/monotonic-clock.ts";
import type { DevEvent } from "../../dev/dev-event.ts";
import { DevLoop } from "../../dev/dev-loop.ts";
import type { Project } from "../../project/project.ts";
import { fetchText } from "../../project/read-text.ts";
import { awaitReady } from "../ci/await-ready.ts";
import { CliError, usageError } from "../cli-error.ts";
import type { CommandBody, GlobalFlags } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import {
  resolveSession,
  resolveUi,
  type SessionFlags,
  type SessionSettings,
  variableValue,
} from "../flags/session-flags.ts";
import { devProgress } from "../progress/dev-progress.ts";
import { loadUsableProject, readProject } from "../project-loading.ts";
import { detachedProcess, runDetached } from "../session/detach.ts";
import { runSession } from "../session/run-session.ts";
import { deployAll, deploySessionOf, deploySome, openSessionDeployer } from "../session/session-deployer.ts";
import { sessionLog } from "../session/session-log.ts";
import { ingressUrl, type RunningSession } from "../session/start-session.ts";
import type { Terminal } from "../terminal.ts";
import { makeLineUi, type SessionUi } from "../ui/line-ui.ts";

export interface UpFlags extends SessionFlags {
  readonly detach?: boolean;
}

type Flags = UpFlags & GlobalFlags;

/** Fetches each URL of `-f` once, not again for every saved file. */
function makeUrlReader(): (url: string) => Promise<string> {
  const texts = new Map<string, Promise<string>>();
  return (url) => {
    const text = texts.get(url) ?? fetchText(url);
    texts.set(url, text);
    return text;
  };
}

async function makeUi({ ui }: SessionSettings, flags: Flags, terminal: Terminal): Promise<SessionUi> {
  const kind = resolveUi(ui, {
    env: terminal.env,
    stdinIsTty: terminal.stdin.isTTY === true,
    stdoutIsTty: terminal.stdout.isTTY === true,
    quiet: flags.quiet === true,
  });
  if (kind !== "tui") return makeLineUi(kind, terminal);
  return (await import("../ui/tui-ui.ts")).makeTuiUi(terminal);
}

interface UpRun {
  readonly session: RunningSession;
  readonly project: Project;
  load(): Promise<Project>;
  readonly settings: SessionSettings;
  readonly ui: SessionUi;
  readonly flags: Flags;
  readonly terminal: Terminal;
}

/** Deploys, then watches. Resolves at the first interrupt. */
async function serve({ session, project, load, settings, ui, flags, terminal }: UpRun): Promise<void> {
  const end = terminal.interrupts.first;
  const emit = (event: DevEvent): void => {
    if (event.type === "build-output" && flags.verbose) ui.say(terminal.paint("dim", event.line));
    for (const each of devProgress(event)) ui.render(each);
  };
  const syncFiles = settings.watch ? session.emulator.syncFiles : undefined;
  await using opened = await openSessionDeployer({ ...deploySessionOf(session), syncFiles }, terminal.env, emit);
  const { deployer } = opened;
  const ending = "stopping: requests in flight get 5 s; press Ctrl-C again to stop at once";
  end.addEventListener("abort", () => ui.render({ type: "notice", text: ending }), { once: true });
  const deploy = detachedProcess(terminal.env) === undefined ? deploySome : deployAll;
  const deployFirst = (): Promise<void> => deploy(deployer, project, end);
  if (!settings.watch) await deployFirst();
  const loop = settings.watch
    ? await DevLoop.start({
        project,
        deployFirst,
        load,
        deployer,
        client: session.emulator.client,
        clock: monotonicClock,
        emit,
        keepOld: settings.keepOld,
      })
    : undefined;
  await reportReady({ session, project, settings, terminal });
  if (!end.aborted) await new Promise((done) => end.addEventListener("abort", done, { once: true }));
  await loop?.[Symbol.asyncDispose]();
}

/** In the background, a session that does not become Ready ends with the reason. */
async function reportReady({
  session,
  project,
  settings,
  terminal,
}: Pick<UpRun, "session" | "project" | "settings" | "terminal">) {
  const detached = detachedProcess(terminal.env);
  if (detached === undefined || terminal.interrupts.first.aborted) return;
  const { emulator, folder } = session;
  const services = project.services.map(({ object }) => object);
  const timeoutMs = variableValue("timeout", terminal.env) ?? settings.timeoutMs;
  const outcomes = await awaitReady(emulator.client, services, { timeoutMs, signal: terminal.interrupts.first });
  for (const { problem } of outcomes) if (problem !== undefined) throw new CliError(problem);
  detached.reportReady({ id: folder.id, url: ingressUrl(emulator.ingress), path: folder.path });
}

export const up: CommandBody<UpFlags> = async (_args, flags, terminal) => {
  // The process in the background has the same command line.
  if (flags.detach && detachedProcess(terminal.env) === undefined) {
    if (flags.ui === "tui") throw usageError("--detach has no terminal UI", "leave out --ui, or --detach");
    return runDetached(terminal, flags.file?.includes("-") === true);
  }
  const readUrl = makeUrlReader();
  const project = await loadUsableProject(flags, terminal, { mode: "up", readUrl });
  // A file that no longer exists is left out, so its objects are deleted.
  const load = (): Promise<Project> => readProject(flags, terminal, { mode: "up", absent: "left-out", readUrl });
  const settings = resolveSession(flags, project.settings);
  const ui = await makeUi(settings, flags, terminal);
  const log = sessionLog(flags.verbose === true, { paint: terminal.paint, say: ui.say });
  await runSession({ command: "up", project, settings, log, ui }, terminal, async (session) => {
    await detachedProcess(terminal.env)?.keepLogIn(session.folder.path);
    const { runtime, ingress } = session.emulator;
    ui.render({ type: "session", url: ingressUrl(ingress), runtime, services: project.services.length });
    await serve({ session, project, load, settings, ui, flags, terminal }).catch((error: unknown) => {
      // An interrupt during the first deployment is no failure.
      if (!terminal.interrupts.first.aborted) throw error;
    });
  });
  return exitCodes.ok;
};
