// The verbs of the clock: read it, advance it, advance it until a condition is met. The last two need a virtual clock.
import type { VerbHandler, VerbRequest } from "../api-server/verbs.ts";
import { makeFailure } from "../apis/meta/api-status.ts";
import type { Clock } from "../base/clock.ts";
import { fieldsOf } from "../base/json.ts";
import type { Control } from "./live.ts";
import type { VirtualTime } from "./virtual-time.ts";
import { makeWait, readWaitCondition, whyNot } from "./wait-condition.ts";

export interface ClockVerbOptions {
  readonly clock: Clock;
  readonly control: Control;
  /** undefined: the session runs on real time. */
  readonly time?: VirtualTime | undefined;
}

/** `GET /clock`, `POST /clock/advance` with `{ms}`, `POST /clock/run` with a condition. */
export function makeClockVerbs(options: ClockVerbOptions): Readonly<Record<string, VerbHandler>> {
  const { clock, time } = options;
  return {
    "GET /clock": () => ({ time: clock.now(), virtual: time !== undefined }),
    "POST /clock": (request) => {
      if (!time) return badRequest("this session runs on real time; start it with --clock virtual");
      const [verb] = request.path;
      if (verb === "advance") return advance(options, time, request);
      return verb === "run" ? run(options, time, request) : badRequest("POST /clock has advance and run");
    },
  };
}

function badRequest(message: string) {
  return { refused: makeFailure("BadRequest", message) };
}

async function advance({ clock }: ClockVerbOptions, time: VirtualTime, { body, signal }: VerbRequest) {
  const ms = Number(fieldsOf(body)["ms"]);
  if (!Number.isFinite(ms) || ms < 0) return badRequest('POST /clock/advance takes {"ms": milliseconds}');
  await time.advance(ms, signal);
  return { time: clock.now() };
}

async function run({ clock, control }: ClockVerbOptions, time: VirtualTime, { body, signal }: VerbRequest) {
  const condition = readWaitCondition(fieldsOf(body));
  if (!condition.ok) return badRequest(condition.error);
  const met = await time.run(() => makeWait(condition.value, control, clock.now()), signal);
  return met
    ? { time: clock.now() }
    : { refused: makeFailure("Conflict", whyNot(condition.value, control, clock.now())) };
}
