// `knap doctor`: looks at engine, ports, images, tools and sessions, and says what to do about each finding.
import { checkEngine } from "../../doctor/check-engine.ts";
import { checkImages } from "../../doctor/check-images.ts";
import { checkLeftovers } from "../../doctor/check-leftovers.ts";
import { checkNetwork } from "../../doctor/check-network.ts";
import { checkPort } from "../../doctor/check-ports.ts";
import { checkSettings, checkTools } from "../../doctor/check-tools.ts";
import type { DoctorFinding } from "../../doctor/finding.ts";
import { openDockerRuntime } from "../../node/runtime/docker/docker-runtime.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import type { GlobalFlags } from "../program/define.ts";
import { readProject } from "../project-loading.ts";
import { readHostId } from "../session/host-id.ts";
import { listSessions } from "../session/list-sessions.ts";
import type { Environment, Terminal } from "../terminal.ts";

const MARKS = { ok: ["green", "✓"], warning: ["yellow", "!"], problem: ["red", "✗"] } as const;

async function sessionFindings(env: Environment): Promise<readonly DoctorFinding[]> {
  return (await listSessions(env)).map(({ id, live, record }): DoctorFinding => {
    if (live)
      return {
        check: "session",
        level: "ok",
        what: `session ${id} serves ${record?.workingFolder ?? ""} at ${record?.ingress ?? "…"}`,
      };
    return {
      check: "session",
      level: "warning",
      what: `session ${id} is dead and left a folder`,
      fix: "the next `knap up` removes what it left",
    };
  });
}

async function allFindings(flags: { file?: readonly string[] }, terminal: Terminal): Promise<readonly DoctorFinding[]> {
  const { env } = terminal;
  const engine = await checkEngine(() => openDockerRuntime({ env }));
  try {
    const project = await readProject(flags, terminal);
    const live = new Set((await listSessions(env)).filter((session) => session.live).map(({ id }) => id));
    const hostId = await readHostId(env);
    const leftovers =
      engine.runtime === undefined ? [] : await checkLeftovers(engine.runtime, (id) => live.has(id), hostId);
    const network = engine.runtime === undefined ? [] : [await checkNetwork({ runtime: engine.runtime, hostId, env })];
    const images = engine.runtime === undefined ? [] : await checkImages(engine.runtime, project.services);
    return [
      ...engine.findings,
      ...network,
      ...(await checkPort(["127.0.0.1", "::1"], Number(env["KNAP_PORT"] ?? 8080))),
      ...images,
      ...(await checkTools()),
      ...checkSettings(env),
      ...(await sessionFindings(env)),
      ...leftovers,
    ];
  } finally {
    await engine.runtime?.close();
  }
}

export async function doctor(
  _words: readonly string[],
  flags: { file?: readonly string[]; output?: string } & GlobalFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const findings = await allFindings(flags, terminal);
  if (flags.output === "json") terminal.print(JSON.stringify(findings, undefined, 2));
  else {
    for (const { level, what, fix } of findings) {
      const [colour, mark] = MARKS[level];
      terminal.print(`${terminal.paint(colour, mark)} ${what}${fix === undefined ? "" : `\n  → ${fix}`}`);
    }
  }
  return findings.some(({ level }) => level === "problem") ? exitCodes.failed : exitCodes.ok;
}
