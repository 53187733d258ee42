// `knap simulate`: runs the autoscaler on virtual time with a load trace. Starts no session and no containers.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type LoadTrace, parseLoadTrace } from "../../simulator/load-trace.ts";
import { renderSimulation } from "../../simulator/render-simulation.ts";
import { simulate } from "../../simulator/simulation.ts";
import { CliError, usageError } from "../cli-error.ts";
import type { CommandBody } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { loadUsableProject } from "../project-loading.ts";

export interface SimulateFlags {
  readonly file?: readonly string[];
  readonly namespace?: string;
  readonly load: string;
  /** Milliseconds. */
  readonly startUp?: number;
  /** Milliseconds. */
  readonly startUpSpread?: number;
  readonly maxPods?: number;
  readonly seed: number;
  readonly output?: "text" | "json" | "csv";
}

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

export const runSimulate: CommandBody<SimulateFlags> = async (_args, flags, terminal) => {
  const load = await readTrace(flags.load, terminal.cwd);
  const project = await loadUsableProject(flags, terminal);
  const result = simulate({
    objects: project.objects,
    configMaps: project.configMaps,
    load,
    seed: flags.seed,
    startUpMs: flags.startUp,
    startUpSpreadMs: flags.startUpSpread,
    maxPods: flags.maxPods,
  });
  if ("refused" in result) {
    const what = "the Service cannot be simulated";
    throw new CliError({ exitCode: exitCodes.failed, what, why: result.refused.join("\n") });
  }
  const format = flags.output === undefined || flags.output === "text" ? "plot" : flags.output;
  terminal.print(renderSimulation(result, format, terminal.stdout.columns ?? 80).trimEnd());
  return exitCodes.ok;
};
