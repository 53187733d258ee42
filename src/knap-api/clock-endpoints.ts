// Makes the endpoints that read the clock, advance it, or advance it until a condition is met.
import type { EndpointHandler, EndpointRequest } from "../api-server/custom-endpoints.ts";
import { makeFailure } from "../apis/meta/api-status.ts";
import type { Clock } from "../base/clock.ts";
import { fieldsOf } from "../base/json.ts";
import type { Control } from "./gather-live.ts";
import type { VirtualTime } from "./virtual-time.ts";
import { makeWait, readWaitCondition, whyNot } from "./wait-condition.ts";

/** 100 years. */
const MAX_ADVANCE_MS = 100 * 365 * 24 * 60 * 60 * 1000;

export interface ClockEndpointOptions {
  readonly clock: Clock;
  readonly control: Control;
  /** Undefined if the session runs on real time. */
  readonly time?: VirtualTime | undefined;
}

/** `GET /clock`, `POST /clock/advance` with `{ms}`, `POST /clock/run` with a condition. */
export function makeClockEndpoints(options: ClockEndpointOptions): Readonly<Record<string, EndpointHandler>> {
  const { clock, time } = options;
  return {
    "GET /clock": () => ({ time: clock.now(), virtual: time !== undefined }),
    "POST /clock": (request) => {
      if (!time) return badRequest("this session runs on real time; start it with --clock virtual");
      const [action] = request.path;
      if (action === "advance") return advance(options, time, request);
      return action === "run" ? run(options, time, request) : badRequest("POST /clock has advance and run");
    },
  };
}

function badRequest(message: string) {
  return { refused: makeFailure("BadRequest", message) };
}

async function advance({ clock }: ClockEndpointOptions, time: VirtualTime, { body, signal }: EndpointRequest) {
  const { ms } = fieldsOf(body);
  if (typeof ms !== "number" || !(ms >= 0 && ms <= MAX_ADVANCE_MS)) {
    return badRequest(`POST /clock/advance takes {"ms": milliseconds}, from 0 to ${MAX_ADVANCE_MS}`);
  }
  await time.advance(ms, signal);
  return { time: clock.now() };
}

async function run({ clock, control }: ClockEndpointOptions, time: VirtualTime, { body, signal }: EndpointRequest) {
  const condition = readWaitCondition(fieldsOf(body));
  if (!condition.ok) return badRequest(condition.error);
  const met = await time.run(() => makeWait(condition.value, control, clock.now()), signal);
  return met
    ? { time: clock.now() }
    : { refused: makeFailure("Conflict", whyNot(condition.value, control, clock.now())) };
}
