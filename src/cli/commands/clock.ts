// `knap clock`: shows or advances the virtual clock of a session that was started with --clock virtual.
import { allowedText } from "../../project/session-flags.ts";
import { usageError } from "../cli-error.ts";
import type { CommandBody } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { parseFlag } from "../flags/parse-flag.ts";
import { namedTarget } from "../objects/fetch-targets.ts";
import { answerText } from "../output/answers.ts";
import { connect } from "../session/connect.ts";

interface ClockAnswer {
  /** Milliseconds since the epoch. */
  readonly time: number;
}

type ClockRequest = readonly ["GET" | "POST", string, unknown?];

const DURATION = { type: "duration", value: "" } as const;

function refuseMore(verb: string, [arg]: readonly string[]): void {
  if (arg !== undefined) throw usageError(`clock ${verb}: unexpected argument "${arg}"`);
}

function advanceRequest([duration = "", ...more]: readonly string[]): ClockRequest {
  refuseMore("advance", more);
  const ms = parseFlag(DURATION, duration);
  if (ms === undefined) throw usageError(`clock advance: "${duration}" is not ${allowedText(DURATION)}`);
  return ["POST", "/clock/advance", { ms }];
}

function runRequest([arg = "", until = "", ...more]: readonly string[], namespace = "default"): ClockRequest {
  refuseMore("run", more);
  const { resource, name } = namedTarget(arg, ["Service.serving.knative.dev", "Revision.serving.knative.dev"]);
  if (!/^(ready|zero|\d+)$/.test(until))
    throw usageError(`clock run: "${until}" is not ready, zero or a number of pods`);
  const state = /^\d/.test(until) ? { replicas: Number(until) } : { [until]: true };
  return ["POST", "/clock/run", { [resource.singular]: name, namespace, ...state }];
}

/** Returns the API request for `now`, `advance DURATION` or `run TARGET STATE`. */
function requestOf([verb = "now", ...rest]: readonly string[], namespace: string | undefined): ClockRequest {
  if (verb === "run") return runRequest(rest, namespace);
  if (verb === "advance") return advanceRequest(rest);
  if (verb !== "now") throw usageError(`clock: "${verb}" is not now, advance or run`);
  refuseMore(verb, rest);
  return ["GET", "/clock"];
}

export const clock: CommandBody<{ namespace?: string; output?: string }> = async (args, flags, terminal) => {
  const request = requestOf(args, flags.namespace);
  const { client } = await connect(flags, terminal);
  const { time } = await client.knap<ClockAnswer>(...request);
  const text = new Date(time).toISOString();
  terminal.print(flags.output === "json" ? answerText("ClockState", { time: text }) : text);
  return exitCodes.ok;
};
