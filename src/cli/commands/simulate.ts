// `knap simulate`: runs the autoscaler on virtual time with a load trace, without session and containers.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type LoadTrace, parseLoadTrace } from "../../simulator/load-trace.ts";
import { renderSimulation, type SimulationFormat } from "../../simulator/render-simulation.ts";
import { simulate } from "../../simulator/simulation.ts";
import { CliError, usageError } from "../cli-error.ts";
import type { GlobalFlags } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { countFlag, durationFlag } from "../flags/parse-flag.ts";
import { loadUsableProject } from "../project-loading.ts";
import type { Terminal } from "../terminal.ts";

export interface SimulateFlags {
  readonly file?: readonly string[];
  readonly namespace?: string;
  readonly load: string;
  readonly startUp?: string;
  readonly startUpSpread?: string;
  readonly maxPods?: string;
  readonly seed?: string;
  readonly output?: string;
}

const FORMATS: Readonly<Record<string, SimulationFormat>> = { text: "plot", plot: "plot", json: "json", csv: "csv" };

async function readTrace(path: string, cwd: string): Promise<LoadTrace> {
  const text = await readFile(resolve(cwd, path), "utf8").catch((error: NodeJS.ErrnoException) => {
    throw usageError(`--load: ${path} cannot be read: ${error.code === "ENOENT" ? "no such file" : error.message}`);
  });
  const trace = parseLoadTrace(text);
  if (!("problems" in trace)) return trace;
  const why = trace.problems.map(({ line, message }) => `${path}:${line}: ${message}`).join("\n");
  const fix = "write lines of time,requests per second,duration such as 0,10,200ms";
  throw new CliError({ exitCode: exitCodes.usage, what: "the load trace cannot be used", why, fix });
}

export async function simulateCommand(
  _words: readonly string[],
  flags: SimulateFlags & GlobalFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const format = FORMATS[flags.output ?? "text"];
  if (format === undefined) throw usageError(`-o: unknown format "${flags.output}"`, "use text, json or csv");
  const load = await readTrace(flags.load, terminal.cwd);
  const project = await loadUsableProject(flags, terminal);
  const result = simulate({
    objects: project.objects,
    configMaps: project.configMaps,
    load,
    seed: countFlag("seed", flags.seed ?? "1", 0),
    ...(flags.startUp !== undefined && { startUpMs: durationFlag("start-up", flags.startUp) }),
    ...(flags.startUpSpread !== undefined && { startUpSpreadMs: durationFlag("start-up-spread", flags.startUpSpread) }),
    ...(flags.maxPods !== undefined && { maxPods: countFlag("max-pods", flags.maxPods, 1) }),
  });
  if ("refused" in result) {
    const what = "the Service cannot be simulated";
    throw new CliError({ exitCode: exitCodes.failed, what, why: result.refused.join("\n") });
  }
  terminal.print(renderSimulation(result, format, terminal.stdout.columns ?? 80).trimEnd());
  return exitCodes.ok;
}
