// Makes the endpoint `POST /wait`: waits until a Service or Revision is ready or has a number of pods, on both clocks.
import type { EndpointHandler } from "../api-server/custom-endpoints.ts";
import { makeFailure } from "../apis/meta/api-status.ts";
import { conditionOf } from "../apis/meta/conditions.ts";
import type { Clock } from "../base/clock.ts";
import { formatDuration } from "../base/go/duration.ts";
import { fieldsOf } from "../base/json.ts";
import { sleep } from "../base/sleep.ts";
import type { Control } from "./gather-live.ts";
import type { VirtualTime, Wait } from "./virtual-time.ts";
import { makeWait, readWaitCondition, type WaitCondition, whyNot } from "./wait-condition.ts";

const POLL_MS = 25;
/** On real time, a Service or Revision whose Ready condition is False for this long does not become ready. */
const FALSE_FOR_MS = 2000;
const MAX_TIMEOUT_MS = 24 * 60 * 60 * 1000;

export interface WaitEndpointOptions {
  readonly clock: Clock;
  readonly control: Control;
  /** Undefined if the session runs on real time. */
  readonly time?: VirtualTime | undefined;
}

/**
 * Reads `{service|revision, namespace?, ready|zero|replicas, timeoutMs?}`. Answers with the time when the condition is
 * met. Refuses with 409 as soon as the condition cannot be met, and with 504 after `timeoutMs` of the session's clock;
 * both messages say why.
 */
export function makeWaitEndpoint({ clock, control, time }: WaitEndpointOptions): EndpointHandler {
  return async ({ body, signal }) => {
    const fields = fieldsOf(body);
    const condition = readWaitCondition(fields);
    if (!condition.ok) return { refused: makeFailure("BadRequest", condition.error) };
    const { timeoutMs = MAX_TIMEOUT_MS } = fields;
    if (typeof timeoutMs !== "number" || !(timeoutMs >= 0 && timeoutMs <= MAX_TIMEOUT_MS))
      return { refused: makeFailure("BadRequest", `timeoutMs must be a number from 0 to ${MAX_TIMEOUT_MS}`) };
    let end = 0;
    let isOver = false;
    const make = (): Wait => {
      const began = clock.now();
      end = began + timeoutMs;
      const wait = makeWait(condition.value, control, began);
      const isHopeless = (now: number): boolean => {
        isOver = now >= end;
        return isOver || wait.isHopeless(now);
      };
      return { isMet: () => wait.isMet(), isHopeless, [Symbol.dispose]: () => wait[Symbol.dispose]() };
    };
    const isMet = time
      ? await time.run(make, signal)
      : await waitInRealTime(make(), { clock, signal, isFailed: failureCheck(condition.value, control) });
    if (isMet) return { time: clock.now() };
    const limit = isOver ? formatDuration(BigInt(Math.round(timeoutMs)) * 1_000_000n) : undefined;
    const why = whyNot(condition.value, control, clock.now(), limit);
    return { refused: makeFailure(isOver ? "Timeout" : "Conflict", why) };
  };
}

interface RealWait {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  isFailed(): boolean;
}

async function waitInRealTime(made: Wait, { clock, signal, isFailed }: RealWait): Promise<boolean> {
  using wait = made;
  let failedSince: number | undefined;
  while (!wait.isMet()) {
    const now = clock.now();
    failedSince = isFailed() ? (failedSince ?? now) : undefined;
    if (failedSince !== undefined && now - failedSince >= FALSE_FOR_MS) return false;
    if (signal.aborted || wait.isHopeless(now)) return false;
    await sleep(POLL_MS, signal);
  }
  return true;
}

function failureCheck({ kind, namespace, name, until }: WaitCondition, { store }: Control): () => boolean {
  return () => {
    const object = until === "ready" ? store.get(kind, namespace, name) : undefined;
    const isCurrent = object?.status?.observedGeneration === object?.metadata.generation;
    return isCurrent && conditionOf(object?.status?.conditions, "Ready")?.status === "False";
  };
}
