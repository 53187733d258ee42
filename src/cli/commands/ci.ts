// `knap ci`: starts a session, waits until its Services are Ready, runs CMD with their addresses, and stops.
// The exit code is that of CMD.
import { resolve } from "node:path";
import type { DevEvent } from "../../dev/dev-event.ts";
import type { Project } from "../../project/project.ts";
import { awaitReady, type ReadyOutcome } from "../ci/await-ready.ts";
import { checkBudgets, needsUsage } from "../ci/budgets.ts";
import { type CiReport, openReport, type ReportPaths } from "../ci/ci-report.ts";
import { ciEnvironment, runCommandOfUser } from "../ci/run-command.ts";
import { placeOfService } from "../ci/service-place.ts";
import { SessionRecorder } from "../ci/session-recorder.ts";
import { CliError, complaintOf } from "../cli-error.ts";
import type { CommandBody, GlobalFlags } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { resolveSession, type SessionFlags, type SessionSettings } from "../flags/session-flags.ts";
import { githubError } from "../output/findings.ts";
import { devProgress } from "../progress/dev-progress.ts";
import { loadUsableProject } from "../project-loading.ts";
import { runSession } from "../session/run-session.ts";
import { deployAll, deploySessionOf, openSessionDeployer } from "../session/session-deployer.ts";
import { sessionLog } from "../session/session-log.ts";
import type { RunningSession } from "../session/start-session.ts";
import type { Terminal } from "../terminal.ts";
import { makeLineUi, type SessionUi } from "../ui/line-ui.ts";

type Flags = SessionFlags & GlobalFlags;

const INTERRUPTED = new CliError({ code: "INTERRUPTED", what: "interrupted" });
interface CiRun {
  readonly session: RunningSession;
  readonly project: Project;
  readonly settings: SessionSettings;
  readonly ui: SessionUi;
  readonly terminal: Terminal;
  readonly report: CiReport;
  readonly recorder: SessionRecorder;
}

/** Deploys and waits until Ready. Every Service is a test case. */
async function bringUp(run: CiRun): Promise<void> {
  const { session, project, settings, ui, terminal, report, recorder } = run;
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
      code: problem?.code,
    });
  }
  const failed = outcomes.find(
    (outcome): outcome is ReadyOutcome & { problem: CliError["complaint"] } => outcome.problem !== undefined,
  );
  if (failed !== undefined) {
    report.place = placeOfService(project, failed.service);
    throw new CliError(failed.problem);
  }
  await recorder.markFirstStarts();
}

async function runUserCommand(args: readonly string[], run: CiRun): Promise<ExitCode> {
  const { session, project, terminal, report } = run;
  if (args.length === 0) return exitCodes.ok;
  const env = { ...terminal.env, ...(await ciEnvironment(session, project.services)) };
  const started = performance.now();
  const code = await runCommandOfUser(args, { env, cwd: terminal.cwd, interrupts: terminal.interrupts });
  report.ran = true;
  const result = code === 0 ? {} : ({ failure: `exit code ${code}`, code: "COMMAND_FAILED" } as const);
  report.cases.push({ name: args.join(" "), seconds: (performance.now() - started) / 1000, ...result });
  return code;
}

/** Fails if a limit of the user is exceeded, or if nothing was measured for it. */
async function checkLimits({ settings, report: { cases }, recorder }: CiRun): Promise<void> {
  const checked = checkBudgets(await recorder.figures({ withLogs: false }), settings);
  cases.push(...checked);
  for (const { failure, fix } of checked)
    if (failure !== undefined) throw new CliError({ code: "LIMIT_EXCEEDED", what: failure, fix });
}

/** Runs all steps and returns the exit code. Errors before CMD are thrown. */
async function runSteps(args: readonly string[], run: CiRun): Promise<ExitCode> {
  await bringUp(run);
  const code = await runUserCommand(args, run);
  if (code === 0) await checkLimits(run);
  return code;
}

/** Runs the session from start to end. Rejects with {@link INTERRUPTED} after an interrupt. */
async function runCi(args: readonly string[], flags: Flags, terminal: Terminal, report: CiReport): Promise<ExitCode> {
  const project = await loadUsableProject(flags, terminal);
  const settings = resolveSession(flags, project.settings);
  await report.use(pathsOf(settings, terminal));
  const ui = makeLineUi(settings.ui === "json" ? "json" : "plain", terminal, true);
  const log = sessionLog(flags.verbose === true, terminal);
  return runSession({ command: "ci", project, settings, log, ui }, terminal, async (session) => {
    const measuresUsage = needsUsage(settings) || report.hasFigures;
    await using recorder = new SessionRecorder(session.emulator.client, { measuresUsage });
    const run: CiRun = { session, project, settings, ui, terminal, report, recorder };
    let code: ExitCode = exitCodes.failed;
    try {
      code = await runSteps(args, run).catch((error: unknown) => {
        throw terminal.interrupts.first.aborted ? INTERRUPTED : error;
      });
    } finally {
      report.figures = await recorder.figures({ withLogs: code !== 0 }).catch(() => undefined);
    }
    if (terminal.interrupts.first.aborted) throw INTERRUPTED;
    return code;
  });
}

type ReportFlags = Pick<SessionSettings, "junit" | "report">;

function pathsOf({ junit, report }: { [K in keyof ReportFlags]?: ReportFlags[K] }, terminal: Terminal): ReportPaths {
  const at = (path: string | undefined) => (path === undefined ? undefined : resolve(terminal.cwd, path));
  return { junit: at(junit), report: at(report), summary: terminal.env["GITHUB_STEP_SUMMARY"] || undefined };
}

export const ci: CommandBody<SessionFlags> = async (args, flags, terminal) => {
  const report = openReport(pathsOf(flags, terminal), { ran: args.length === 0 });
  let failure: unknown;
  let code: ExitCode = exitCodes.ok;
  try {
    code = await runCi(args, flags, terminal, report);
  } catch (error) {
    failure = error;
  }
  await report.write(failure).catch((error: unknown) => {
    failure ??= error;
  });
  if (failure === undefined) return code;
  const complaint = complaintOf(failure);
  // Errors in files have annotations of their own.
  if (terminal.env["GITHUB_ACTIONS"] && complaint.exitCode !== exitCodes.usage)
    terminal.stderr.write(`${githubError(complaint, report.place)}\n`);
  const verdict = report.ran ? complaint.verdict : `"${args.join(" ")}" did not run`;
  throw new CliError({ ...complaint, verdict }, { cause: failure });
};
