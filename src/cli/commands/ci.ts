// `knap ci`: starts a session, waits until its Services are Ready, runs CMD with their addresses, and stops.
// The exit code is that of CMD.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { errorText } from "../../base/errors.ts";
import { formatDuration } from "../../base/go/duration.ts";
import { redacted } from "../../base/redact.ts";
import type { Live, PodStart } from "../../client/live.ts";
import type { DevEvent } from "../../dev/dev-event.ts";
import type { Project } from "../../project/project.ts";
import { awaitReady, type ReadyOutcome } from "../ci/await-ready.ts";
import { junitText, type TestCase } from "../ci/junit.ts";
import { ciEnvironment, runCommandOfUser } from "../ci/run-command.ts";
import { CliError, complaintOf, complaintText } from "../cli-error.ts";
import type { CommandBody, GlobalFlags } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { resolveSession, type SessionFlags, type SessionSettings } from "../flags/session-flags.ts";
import { githubError } from "../output/findings.ts";
import { latencyText } from "../output/text.ts";
import { devProgress } from "../progress/dev-progress.ts";
import { loadUsableProject } from "../project-loading.ts";
import { runSession } from "../session/run-session.ts";
import { deployAll, deploySessionOf, openSessionDeployer } from "../session/session-deployer.ts";
import { sessionLog } from "../session/session-log.ts";
import type { RunningSession } from "../session/start-session.ts";
import type { Terminal } from "../terminal.ts";
import { makeLineUi, type SessionUi } from "../ui/line-ui.ts";

type Flags = SessionFlags & GlobalFlags;

const INTERRUPTED = new CliError({ exitCode: exitCodes.interrupted, what: "interrupted" });
const NOT_FINISHED = new CliError({ exitCode: exitCodes.failed, what: "the run did not finish" });
const NEVER_RAN = "CMD did not run\n";

interface CiReport {
  /** The file of the JUnit report; undefined: none is written. */
  path: string | undefined;
  /** Each step adds its own test cases. */
  readonly cases: TestCase[];
  /** CMD has run, with any result; also true if there is no CMD. */
  ran: boolean;
}

interface CiRun {
  readonly session: RunningSession;
  readonly project: Project;
  readonly settings: SessionSettings;
  readonly ui: SessionUi;
  readonly terminal: Terminal;
  readonly report: CiReport;
  /** Starts of pods before CMD. No request waited for them. */
  firstStarts: readonly PodStart[];
}

/** Deploys and waits until Ready. Every Service is a test case. */
async function bringUp(run: CiRun): Promise<void> {
  const { session, project, settings, ui, terminal, report } = run;
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
    report.cases.push({
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

async function runUserCommand(args: readonly string[], run: CiRun): Promise<ExitCode> {
  const { session, project, terminal, report } = run;
  if (args.length === 0) return exitCodes.ok;
  const env = { ...terminal.env, ...(await ciEnvironment(session, project.services)) };
  const started = performance.now();
  const code = await runCommandOfUser(args, { env, cwd: terminal.cwd, interrupts: terminal.interrupts });
  report.ran = true;
  const failure = code === 0 ? undefined : `exit code ${code}`;
  report.cases.push({ name: args.join(" "), seconds: (performance.now() - started) / 1000, failure });
  return code;
}

/**
 * Fails if a start took longer than `--max-cold-start`, or if none was measured. The first starts count, the time to
 * fetch images does not: it depends on the network and on the caches of the machine.
 */
async function checkColdStarts({ session, settings, report: { cases }, firstStarts }: CiRun): Promise<void> {
  const { maxColdStartMs } = settings;
  if (maxColdStartMs === undefined) return;
  const limit = formatDuration(BigInt(Math.round(maxColdStartMs * 1e6)));
  const { coldStarts } = await session.emulator.client.knap<Live>("GET", "/live");
  const starts = [
    ...coldStarts.map(({ revision, totalMs, fetchMs }) => ({
      what: `a cold start of ${revision}`,
      totalMs: totalMs - fetchMs,
    })),
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
async function runSteps(args: readonly string[], run: CiRun): Promise<ExitCode> {
  await bringUp(run);
  const code = await runUserCommand(args, run);
  if (code === 0) await checkColdStarts(run);
  return code;
}

/** Writes the JUnit file; `error`: why the run ended early. */
async function writeReport(path: string, { cases, ran }: CiReport, error: unknown): Promise<void> {
  const runError = error === undefined ? undefined : complaintText(complaintOf(error)) + (ran ? "" : NEVER_RAN);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, redacted(junitText(cases, runError)));
  } catch (failure) {
    const what = `the JUnit report ${path} cannot be written`;
    throw new CliError({ exitCode: exitCodes.usage, what, why: errorText(failure) });
  }
}

/** Runs the session from start to end. Rejects with {@link INTERRUPTED} after an interrupt. */
async function runCi(args: readonly string[], flags: Flags, terminal: Terminal, report: CiReport): Promise<ExitCode> {
  const project = await loadUsableProject(flags, terminal);
  const settings = resolveSession(flags, project.settings);
  if (settings.junit !== undefined) {
    report.path = resolve(terminal.cwd, settings.junit);
    // An unwritable path fails before anything starts.
    await writeReport(report.path, report, NOT_FINISHED);
  }
  const ui = makeLineUi(settings.ui === "json" ? "json" : "plain", terminal, true);
  const log = sessionLog(flags.verbose === true, terminal);
  return runSession({ command: "ci", project, settings, log, ui }, terminal, async (session) => {
    const run: CiRun = { session, project, settings, ui, terminal, report, firstStarts: [] };
    const code = await runSteps(args, run).catch((error: unknown) => {
      throw terminal.interrupts.first.aborted ? INTERRUPTED : error;
    });
    if (terminal.interrupts.first.aborted) throw INTERRUPTED;
    return code;
  });
}

export const ci: CommandBody<SessionFlags> = async (args, flags, terminal) => {
  const path = flags.junit === undefined ? undefined : resolve(terminal.cwd, flags.junit);
  const report: CiReport = { path, cases: [], ran: args.length === 0 };
  let failure: unknown;
  let code: ExitCode = exitCodes.ok;
  try {
    code = await runCi(args, flags, terminal, report);
  } catch (error) {
    failure = error;
  }
  if (report.path !== undefined) {
    await writeReport(report.path, report, failure).catch((error: unknown) => {
      failure ??= error;
    });
  }
  if (failure === undefined) return code;
  const complaint = complaintOf(failure);
  // Errors in files have annotations of their own.
  if (terminal.env["GITHUB_ACTIONS"] && complaint.exitCode !== exitCodes.usage)
    terminal.stderr.write(`${githubError(complaint)}\n`);
  const verdict = report.ran ? complaint.verdict : `"${args.join(" ")}" did not run`;
  throw new CliError({ ...complaint, verdict }, { cause: failure });
};
