// `knap clock`: shows or advances the virtual clock of a session that was started with --clock virtual.
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

/** The API request of `now`, `advance DURATION` or `run TARGET UNTIL`. */
type ClockRequest = readonly ["GET" | "POST", string, unknown?];

function runRequest([word = "", until = ""]: readonly string[], namespace = "default"): ClockRequest {
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

function requestOf([verb = "now", ...rest]: readonly string[], namespace: string | undefined): ClockRequest {
  if (verb === "now") return ["GET", "/clock"];
  if (verb === "run") return runRequest(rest, namespace);
  if (verb !== "advance") throw usageError(`clock: "${verb}" is not now, advance or run`);
  return ["POST", "/clock/advance", { ms: durationFlag("advance", rest[0] ?? "") }];
}

export async function clock(
  words: readonly string[],
  flags: { namespace?: string } & GlobalFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const request = requestOf(words, flags.namespace);
  const { client } = await connect(flags, terminal);
  const { time } = await client.knap<ClockAnswer>(...request);
  terminal.print(new Date(time).toISOString());
  return exitCodes.ok;
}
