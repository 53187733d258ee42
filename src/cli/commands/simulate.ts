// `knap simulate`: runs the autoscaler on virtual time with a load trace. Starts no session and no containers.
import { renderSimulation } from "../../simulator/render-simulation.ts";
import { simulate } from "../../simulator/simulation.ts";
import { CliError } from "../cli-error.ts";
import type { CommandBody } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { readTrace } from "../load/read-trace.ts";
import { answerText } from "../output/answers.ts";
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

export const runSimulate: CommandBody<SimulateFlags> = async (_args, flags, terminal) => {
  const load = await readTrace("--load", flags.load, terminal.cwd);
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
    throw new CliError({ code: "NOT_POSSIBLE", what, why: result.refused.join("\n") });
  }
  if (flags.output === "json") {
    terminal.print(answerText("SimulationReport", result));
    return exitCodes.ok;
  }
  const format = flags.output === undefined || flags.output === "text" ? "plot" : flags.output;
  terminal.print(renderSimulation(result, format, terminal.stdout.columns ?? 80).trimEnd());
  return exitCodes.ok;
};
