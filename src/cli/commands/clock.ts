// `knap clock`: the virtual clock of a session started with --clock virtual: look at it, let time pass, or let it pass until something is so.
import { usageError } from "../cli-error.ts";
import type { GlobalFlags } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { durationFlag } from "../flags/parse-flag.ts";
import { parseTargets } from "../objects/targets.ts";
import { connect } from "../session/connect.ts";
import type { Terminal } from "../terminal.ts";

interface ClockAnswer {
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** What the API is asked, for `now`, `advance DURATION` and `run TARGET UNTIL`. */
type Question = readonly ["GET" | "POST", string, unknown?];

function runQuestion([word = "", until = ""]: readonly string[], namespace = "default"): Question {
  const targets = parseTargets([word.includes("/") ? word : `ksvc/${word}`]);
  const { resource, names } = (targets.ok && targets.value[0]) || {};
  const isService = resource?.kind === "Service.serving.knative.dev";
  if (!names?.[0] || (!isService && resource?.kind !== "Revision.serving.knative.dev"))
    throw usageError("clock run: name a SERVICE or revision/NAME");
  if (!/^(ready|zero|\d+)$/.test(until))
    throw usageError(`clock run: "${until}" is not ready, zero or a number of pods`);
  const wish = until === "ready" || until === "zero" ? { [until]: true } : { replicas: Number(until) };
  return ["POST", "/clock/run", { [isService ? "service" : "revision"]: names[0], namespace, ...wish }];
}

function questionOf([verb = "now", ...rest]: readonly string[], namespace: string | undefined): Question {
  if (verb === "now") return ["GET", "/clock"];
  if (verb === "run") return runQuestion(rest, namespace);
  if (verb !== "advance") throw usageError(`clock: "${verb}" is not now, advance or run`);
  return ["POST", "/clock/advance", { ms: durationFlag("advance", rest[0] ?? "") }];
}

export async function clock(
  words: readonly string[],
  flags: { namespace?: string } & GlobalFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const question = questionOf(words, flags.namespace);
  const { client } = await connect(flags, terminal);
  const { time } = await client.knap<ClockAnswer>(...question);
  terminal.print(new Date(time).toISOString());
  return exitCodes.ok;
}
