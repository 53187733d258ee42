// Sends requests at the times of a load, whether earlier ones were answered or not (an open loop), and measures them.
import { Agent, type IncomingMessage, request } from "node:http";
import { setImmediate as nextTurn } from "node:timers/promises";
import { sleep } from "../base/sleep.ts";
import { DurationHistogram } from "./duration-histogram.ts";
import type { Arrival } from "./load-trace.ts";

export interface LoadTarget {
  /** Host and port to connect to. */
  readonly host: string;
  readonly port: number;
  /** The value of the Host header. */
  readonly authority: string;
  readonly method: string;
  /** `{ms}` in it becomes the duration of the request in the trace, in whole ms. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export interface OpenLoopOptions {
  readonly arrivals: Iterable<Arrival>;
  readonly target: LoadTarget;
  /** Use a connection for several requests. */
  readonly keepAlive: boolean;
  /** A request without a whole answer after this time has failed with `timeout`. */
  readonly timeoutMs: number;
  /** Requests that are due while this many are without an answer are not sent. */
  readonly mostInFlight: number;
  /** Ends the load. Requests without an answer then count as neither answered nor failed. */
  readonly signal: AbortSignal;
}

/** How many requests that are late are sent before answers are read. */
const BURST = 32;

export class OpenLoop {
  /** Since the request was due, so that a slow answer does not hide the waiting of those after it. */
  readonly latency = new DurationHistogram();
  /** Since the request was sent. */
  readonly service = new DurationHistogram();
  /** Status code → number of answers. */
  readonly statuses = new Map<number, number>();
  /** Error code, such as ECONNRESET or `timeout` → number of requests. */
  readonly errors = new Map<string, number>();
  sent = 0;
  notSent = 0;
  /** How late the latest request was sent. More than some ms: this process is the limit, not the Service. */
  mostLateMs = 0;
  inFlight = 0;
  readonly #options: OpenLoopOptions;
  readonly #agent: Agent;
  #allAnswered = (): void => {};

  constructor(options: OpenLoopOptions) {
    this.#options = options;
    this.#agent = new Agent({ keepAlive: options.keepAlive, maxSockets: Number.POSITIVE_INFINITY, scheduling: "fifo" });
  }

  get answered(): number {
    return this.latency.count;
  }

  /** Resolves when every request has its answer or has failed, or when the signal aborts. */
  async run(): Promise<void> {
    const { arrivals, signal } = this.#options;
    const start = performance.now();
    let burst = 0;
    for (const { atMs, durationMs } of arrivals) {
      const early = start + atMs - performance.now();
      if (early >= 1) await sleep(early, signal);
      else if (burst++ % BURST === 0) await nextTurn();
      if (signal.aborted) break;
      this.#send(start + atMs, durationMs);
    }
    const answered = new Promise<void>((resolve) => {
      this.#allAnswered = resolve;
      if (this.inFlight === 0 || signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await answered;
    this.#agent.destroy();
  }

  #send(due: number, durationMs: number): void {
    const { target, keepAlive, timeoutMs, mostInFlight } = this.#options;
    if (this.inFlight >= mostInFlight) {
      this.notSent += 1;
      return;
    }
    const sent = performance.now();
    this.mostLateMs = Math.max(this.mostLateMs, sent - due);
    this.sent += 1;
    this.inFlight += 1;
    const outgoing = request({
      agent: this.#agent,
      host: target.host,
      port: target.port,
      method: target.method,
      path: target.path.replaceAll("{ms}", String(Math.round(durationMs))),
      headers: { ...target.headers, host: target.authority, ...(keepAlive ? {} : { connection: "close" }) },
    });
    let isDone = false;
    const done = (record: () => void): void => {
      if (isDone) return;
      isDone = true;
      clearTimeout(timer);
      this.inFlight -= 1;
      if (!this.#options.signal.aborted) record();
      if (this.inFlight === 0) this.#allAnswered();
    };
    const fail = (code: string): void => done(() => count(this.errors, code));
    const timer = setTimeout(() => {
      fail("timeout");
      outgoing.destroy();
    }, timeoutMs);
    outgoing.once("error", (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
    outgoing.once("response", (answer: IncomingMessage) => {
      answer.once("error", (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
      answer.once("end", () =>
        done(() => {
          const now = performance.now();
          count(this.statuses, answer.statusCode ?? 0);
          // A timer may run up to 1 ms early.
          this.latency.add(now - Math.min(due, sent));
          this.service.add(now - sent);
        }),
      );
      answer.resume();
    });
    outgoing.end(target.body);
  }
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
