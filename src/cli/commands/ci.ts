// `knap ci`: starts a session, waits until Ready, runs a command with the Services' addresses, stops. Exits with its
// exit code.

import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { errorText } from "../../base/errors.ts";
import { formatDuration } from "../../base/go/duration.ts";
import type { Live, PodStart } from "../../client/live.ts";
import type { DevEvent } from "../../dev/dev-event.ts";
import type { Project } from "../../project/project.ts";
import { awaitReady, type ReadyOutcome } from "../ci/await-ready.ts";
import { junitText, type TestCase } from "../ci/junit.ts";
import { ciEnvironment, runCommandOfUser } from "../ci/run-command.ts";
import { CliError, complaintOf, complaintText } from "../cli-error.ts";
import type { GlobalFlags } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { resolveSession, type SessionFlags, type SessionSettings } from "../flags/session-flags.ts";
import { latencyText } from "../output/text.ts";
import { devProgress } from "../progress/dev-progress.ts";
import { loadUsableProject } from "../project-loading.ts";
import { deployAll, deploySessionOf, openSessionDeployer } from "../session/session-deployer.ts";
import { sessionLog } from "../session/session-log.ts";
import { type RunningSession, startSession } from "../session/start-session.ts";
import type { Terminal } from "../terminal.ts";
import { makeLineUi, type SessionUi } from "../ui/line-ui.ts";

type Flags = SessionFlags & GlobalFlags;

const INTERRUPTED = new CliError({ exitCode: exitCodes.interrupted, what: "interrupted" });
const NEVER_RAN = "CMD did not run\n";

interface CiRun {
  readonly session: RunningSession;
  readonly project: Project;
  readonly settings: SessionSettings;
  readonly ui: SessionUi;
  readonly terminal: Terminal;
  /** The test cases of the JUnit report; each step adds its own. */
  readonly cases: TestCase[];
  /** CMD has run, with any result; also true if there is no CMD. */
  ran: boolean;
  /** The starts before CMD: those of the first pods, which no request waited for. */
  firstStarts: readonly PodStart[];
}

/** Deploys and waits until Ready. Every Service is a test case. */
async function bringUp(run: CiRun): Promise<void> {
  const { session, project, settings, ui, terminal, cases } = run;
  const { emulator } = session;
  const signal = terminal.interrupts.first;
  const emit = (event: DevEvent): void => {
    for (const each of devProgress(event)) ui.render(each);
  };
  await using opened = await openSessionDeployer(deploySessionOf(session), terminal.env, emit);
  await deployAll(opened.deployer, project, signal);
  const outcomes = await awaitReady(
    emulator.client,
    project.services.map(({ object }) => object),
    { timeoutMs: settings.timeoutMs, signal },
  );
  for (const { service, seconds, problem } of outcomes) {
    cases.push({
      name: `${service} becomes Ready`,
      seconds,
      failure: problem && [problem.what, problem.why].filter((part) => part !== undefined).join(": "),
    });
  }
  const failed = outcomes.find(
    (outcome): outcome is ReadyOutcome & { problem: CliError["complaint"] } => outcome.problem !== undefined,
  );
  if (failed !== undefined) throw new CliError(failed.problem);
  run.firstStarts = (await emulator.client.knap<Live>("GET", "/live")).podStarts;
}

async function runUserCommand(words: readonly string[], run: CiRun): Promise<ExitCode> {
  const { session, project, terminal, cases } = run;
  if (words.length === 0) return exitCodes.ok;
  const env = { ...terminal.env, ...(await ciEnvironment(session, project.services)) };
  const started = performance.now();
  const code = await runCommandOfUser(words, { env, cwd: terminal.cwd, interrupts: terminal.interrupts });
  run.ran = true;
  const failure = code === 0 ? undefined : `exit code ${code}`;
  cases.push({ name: words.join(" "), seconds: (performance.now() - started) / 1000, failure });
  return code;
}

/**
 * Fails if the slowest start took longer than `--max-cold-start`, the first starts included, or if none was measured.
 */
async function checkColdStarts({ session, settings, cases, firstStarts }: CiRun): Promise<void> {
  const { maxColdStartMs } = settings;
  if (maxColdStartMs === undefined) return;
  const limit = formatDuration(BigInt(Math.round(maxColdStartMs * 1e6)));
  const { coldStarts } = await session.emulator.client.knap<Live>("GET", "/live");
  const starts = [
    ...coldStarts.map(({ revision, totalMs }) => ({ what: `a cold start of ${revision}`, totalMs })),
    ...firstStarts.map(({ pod, totalMs }) => ({ what: `the first start of pod ${pod}`, totalMs })),
  ];
  const slowest = starts.sort((a, b) => b.totalMs - a.totalMs)[0];
  const name = `cold starts take at most ${limit}`;
  if (slowest === undefined) {
    const none = `--max-cold-start ${limit}: no start was measured`;
    cases.push({ name, seconds: 0, failure: none });
    const fix = "request a Service that is at zero, or let one start a pod (initial-scale 1)";
    throw new CliError({ exitCode: exitCodes.failed, what: none, fix });
  }
  if (slowest.totalMs <= maxColdStartMs) {
    cases.push({ name, seconds: slowest.totalMs / 1000 });
    return;
  }
  const what = `${slowest.what} took ${latencyText(slowest.totalMs)}, more than ${limit}`;
  cases.push({ name, seconds: slowest.totalMs / 1000, failure: what });
  throw new CliError({
    exitCode: exitCodes.failed,
    what,
    fix: "see the parts of a cold start in the output of `knap up`",
  });
}

/** Runs all steps and returns the exit code. Errors before CMD are thrown. */
async function runSteps(words: readonly string[], run: CiRun): Promise<ExitCode> {
  await bringUp(run);
  const code = await runUserCommand(words, run);
  if (code === 0) await checkColdStarts(run);
  return run.terminal.interrupts.first.aborted ? exitCodes.interrupted : code;
}

/** Writes the JUnit file. The first write is before anything starts, so that an unwritable path fails early. */
async function writeReport(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  } catch (error) {
    const why = errorText(error);
    throw new CliError({ exitCode: exitCodes.usage, what: `the JUnit report ${path} cannot be written`, why });
  }
}

async function report({ settings, terminal, cases, ran }: CiRun, error: unknown): Promise<void> {
  const path = settings.junit;
  if (path === undefined) return;
  const runError = error === undefined ? undefined : complaintText(complaintOf(error)) + (ran ? "" : NEVER_RAN);
  await writeReport(resolve(terminal.cwd, path), junitText(cases, runError));
}

/** Runs the session from start to end. Calls `onRun` once the session has started. */
async function runSession(words: readonly string[], flags: Flags, terminal: Terminal, onRun: (run: CiRun) => void) {
  const project = await loadUsableProject(flags, terminal);
  const settings = resolveSession(flags, project.settings);
  if (settings.junit !== undefined) await writeReport(resolve(terminal.cwd, settings.junit), junitText([], NEVER_RAN));
  const ui = makeLineUi(settings.ui === "json" ? "json" : "plain", terminal, true);
  const log = sessionLog(flags.verbose === true, terminal);
  const session = await startSession({ command: "ci", project, settings, log }, terminal);
  const run: CiRun = { session, project, settings, ui, terminal, cases: [], ran: words.length === 0, firstStarts: [] };
  onRun(run);
  const followed = new AbortController();
  const following = ui.follow(session, followed.signal);
  for (const text of session.emulator.notices) ui.render({ type: "notice", text });
  let failure: unknown;
  try {
    return await runSteps(words, run);
  } catch (error) {
    failure = terminal.interrupts.first.aborted ? INTERRUPTED : error;
    if (terminal.interrupts.first.aborted) return exitCodes.interrupted;
    throw error;
  } finally {
    followed.abort();
    await following;
    await session.stop();
    await report(run, failure);
  }
}

export async function ci(words: readonly string[], flags: Flags, terminal: Terminal): Promise<ExitCode> {
  let run: CiRun | undefined;
  const isCmdSkipped = (): boolean => words.length > 0 && run?.ran !== true;
  const verdict = `"${words.join(" ")}" did not run`;
  try {
    const code = await runSession(words, flags, terminal, (started) => {
      run = started;
    });
    if (isCmdSkipped()) terminal.stderr.write(`knap: ${verdict}\n`);
    return code;
  } catch (error) {
    const complaint = complaintOf(error);
    // Without a session, runSession() has not written the report of the failure.
    if (run === undefined && flags.junit !== undefined) {
      const text = junitText([], complaintText(complaint) + (words.length > 0 ? NEVER_RAN : ""));
      await writeReport(resolve(terminal.cwd, flags.junit), text).catch(() => {});
    }
    throw new CliError(isCmdSkipped() ? { ...complaint, verdict } : complaint, { cause: error });
  }
}
