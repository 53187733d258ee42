// `knap clock`: the virtual clock of a session started with --clock virtual: look at it, or let time pass.
import { usageError } from "../cli-error.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { durationFlag } from "../flags/parse-flag.ts";
import type { GlobalFlags } from "../program/define.ts";
import { connect } from "../session/connect.ts";
import type { Terminal } from "../terminal.ts";

interface ClockAnswer {
  /** Milliseconds since the epoch. */
  readonly time: number;
}

export async function clock(words: readonly string[], flags: GlobalFlags, terminal: Terminal): Promise<ExitCode> {
  const [verb = "now", duration] = words;
  if (verb !== "now" && verb !== "advance") throw usageError(`clock: "${verb}" is not now or advance`);
  const { client } = await connect(flags, terminal);
  const answer =
    verb === "now"
      ? await client.knap<ClockAnswer>("GET", "/clock")
      : await client.knap<ClockAnswer>("POST", "/clock/advance", { ms: durationFlag("advance", duration ?? "") });
  terminal.print(new Date(answer.time).toISOString());
  return exitCodes.ok;
}
