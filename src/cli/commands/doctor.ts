// `knap doctor`: checks engine, ports, images, tools and sessions, and prints each finding with a fix.
import { checkEngine, checkImages, checkLeftovers, checkNetwork } from "../../doctor/engine-checks.ts";
import type { DoctorFinding } from "../../doctor/finding.ts";
import { checkAddress, checkPort, checkSettings, checkTools, type SessionPort } from "../../doctor/machine-checks.ts";
import { openDockerRuntime } from "../../node/runtime/docker/docker-runtime.ts";
import type { Project } from "../../project/project.ts";
import type { CommandBody } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { variableValue } from "../flags/session-flags.ts";
import { answerText } from "../output/answers.ts";
import { placeText } from "../output/findings.ts";
import { readProject } from "../project-loading.ts";
import { type FoundSession, listSessions } from "../session/list-sessions.ts";
import { readHostId } from "../session/session-paths.ts";
import type { Terminal } from "../terminal.ts";

export interface DoctorFlags {
  readonly file?: readonly string[];
  readonly output?: string;
}

const DEFAULT_PORT = 8080;
const MARKS = { ok: ["green", "✓"], warning: ["yellow", "!"], problem: ["red", "✗"] } as const;

function sessionFindings(sessions: readonly FoundSession[]): readonly DoctorFinding[] {
  return sessions.map(({ id, live, record }): DoctorFinding => {
    if (!live) {
      const what = `session ${id} is dead and has left its folder`;
      return { check: "session", level: "warning", what, fix: "the next `knap up` removes what it left" };
    }
    const what = record
      ? `session ${id} serves ${record.workingFolder} at ${record.ingress}`
      : `session ${id} is starting or stopping`;
    return { check: "session", level: "ok", what };
  });
}

function portsOf(sessions: readonly FoundSession[]): readonly SessionPort[] {
  return sessions.flatMap(({ id, live, record }) =>
    live && record ? [{ id, port: Number(new URL(record.ingress).port || 80), folder: record.workingFolder }] : [],
  );
}

/** Errors in the files. `knap validate` shows the lines. */
function fileFindings({ findings }: Project): readonly DoctorFinding[] {
  const errors = findings.filter(({ severity }) => severity === "error");
  return errors.map((finding) => ({
    check: "manifest",
    level: "problem",
    what: `${placeText(finding)}: ${finding.message}`,
    fix: finding.fix ?? "correct the file; `knap validate` shows the line",
  }));
}

async function allFindings(project: Project, { env }: Terminal): Promise<readonly DoctorFinding[]> {
  const engine = await checkEngine(() => openDockerRuntime({ env }));
  try {
    const sessions = await listSessions(env);
    const live = new Set(sessions.filter((session) => session.live).map(({ id }) => id));
    const port = variableValue("port", env) ?? project.settings.port ?? DEFAULT_PORT;
    const address = variableValue("address", env) ?? project.settings.address ?? "127.0.0.1";
    const hostId = await readHostId(env);
    const { runtime } = engine;
    const leftovers = runtime === undefined ? [] : await checkLeftovers(runtime, (id) => live.has(id), hostId);
    const network = runtime === undefined ? [] : [await checkNetwork({ runtime, hostId, env })];
    const images = runtime === undefined ? [] : await checkImages(runtime, project.services);
    return [
      ...engine.findings,
      ...network,
      ...(await checkPort(["127.0.0.1", "::1"], port, portsOf(sessions))),
      ...checkAddress(address),
      ...fileFindings(project),
      ...images,
      ...(await checkTools()),
      ...checkSettings(env),
      ...sessionFindings(sessions),
      ...leftovers,
    ];
  } finally {
    await engine.runtime?.close();
  }
}

/** Resolves with the findings that may explain why a session of tests failed. Its ports are never fixed. */
export async function findMachineProblems(project: Project, terminal: Terminal): Promise<readonly DoctorFinding[]> {
  const findings = await allFindings(project, terminal);
  return findings.filter(({ level, check }) => level !== "ok" && check !== "port" && check !== "manifest");
}

export const doctor: CommandBody<DoctorFlags> = async (_args, flags, terminal) => {
  const findings = await allFindings(await readProject(flags, terminal), terminal);
  if (flags.output === "json") terminal.print(answerText("DoctorReport", { items: findings }));
  else {
    for (const { level, what, fix } of findings) {
      const [colour, mark] = MARKS[level];
      terminal.print(`${terminal.paint(colour, mark)} ${what}${fix === undefined ? "" : `\n  → ${fix}`}`);
    }
  }
  return findings.some(({ level }) => level === "problem") ? exitCodes.failed : exitCodes.ok;
};
