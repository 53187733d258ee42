// Sends the requests of one revision to its pods, through the activator (wait, slot, count) or directly.
import type { RevisionKey } from "../../apis/autoscaling/types.ts";
import type { Clock, Time } from "../../base/clock.ts";
import { sendReplyAfterBody } from "../http/after-body.ts";
import { ACTIVATOR_TIMEOUT_TEXT, makeReply, makeTimeout } from "../http/errors.ts";
import type { Exchange, RawHeaders } from "../http/exchange.ts";
import { ForwardedExchange } from "../http/forwarded-exchange.ts";
import { isNamed } from "../http/headers.ts";
import { sendProbe } from "../http/probe-exchange.ts";
import type { Backend } from "./backend.ts";
import { PodProber } from "./pod-prober.ts";
import { POD_PROBE_HEADERS, saysReady } from "./probe-reply.ts";
import { type Slot, Throttler, type WaitResult } from "./throttler.ts";

/** A revision's settings and pods. Only `backends`, `mode` and the time limits may change. */
export interface RevisionTraffic {
  /** All pods with an address, ready or not. */
  readonly backends: readonly Backend[];
  /** `spec.mode` of its ServerlessService. */
  readonly mode: "Serve" | "Proxy";
  readonly containerConcurrency: number;
  readonly timeoutSeconds: number;
  /** 0 or absent: no limit. */
  readonly responseStartTimeoutSeconds?: number;
  readonly idleTimeoutSeconds?: number;
  /** False if the serving container's readiness probe is exec, or if any container has a startup probe. */
  readonly probesUnready?: boolean;
}

/** State that all revisions of an activator share. */
export interface PathContext {
  readonly clock: Clock;
  readonly random: () => number;
  /** The activator's address, which queue-proxies see as their client. */
  readonly address: string;
  readonly started: (revision: RevisionKey, now: Time) => void;
  readonly ended: (revision: RevisionKey, now: Time) => void;
}

/** The history of a request that did not reach its first pod. */
interface Detour {
  /** The pods that did not get the request. */
  readonly pods: string[];
  /** The request was sent to a container that is down. */
  isReplayed: boolean;
}

/** Replies to requests that get no slot (pkg/activator/handler/handler.go). */
const REPLIES = { timeout: makeTimeout(ACTIVATOR_TIMEOUT_TEXT), gone: makeReply(500) };

export class RevisionPath {
  readonly #revision: RevisionKey;
  readonly #context: PathContext;
  readonly #throttler: Throttler;
  readonly #prober: PodProber;
  #mode: RevisionTraffic["mode"] = "Proxy";
  /** The pods that get requests directly. */
  #direct: readonly Backend[] = [];
  #directInFlight = 0;

  constructor(revision: RevisionKey, traffic: RevisionTraffic, context: PathContext) {
    const { clock, random, address } = context;
    this.#revision = revision;
    this.#context = context;
    this.#throttler = new Throttler({
      concurrency: traffic.containerConcurrency,
      waitLimitMs: waitLimitMs(traffic),
      clock,
      random,
    });
    this.#prober = new PodProber({
      clock,
      probesUnready: traffic.probesUnready ?? true,
      probe: async (pod, signal) =>
        saysReady(
          await sendProbe(pod.handle, { host: pod.address, headers: POD_PROBE_HEADERS, peer: address }, signal),
        ),
      onChange: () => this.#applyUsablePods(),
    });
  }

  /** Requests on pods, including pods that were removed since. */
  get inFlight(): number {
    return this.#throttler.inFlight + this.#directInFlight;
  }

  get waiting(): number {
    return this.#throttler.waiting;
  }

  /** Requests go through the activator: in mode Proxy, or without a ready pod (pkg/reconciler/serverlessservice). */
  get isProxied(): boolean {
    return this.#direct.length === 0;
  }

  update(traffic: RevisionTraffic): void {
    const { backends, mode } = traffic;
    this.#mode = mode;
    this.#throttler.setWaitLimit(waitLimitMs(traffic));
    this.#prober.setBackends(backends);
    this.#applyUsablePods();
  }

  /**
   * Sends the request to a random ready pod, like a Kubernetes Service. The queue-proxy sees the gateway as its client.
   */
  async serve(exchange: Exchange): Promise<void> {
    const { random } = this.#context;
    const detour: Detour = { pods: [], isReplayed: false };
    for (;;) {
      const pod = this.#direct[Math.floor(random() * this.#direct.length)];
      if (!pod) return this.proxy(exchange, detour);
      exchange.timing.pod = pod.pod;
      this.#directInFlight += 1;
      try {
        if (await this.#send(exchange, pod, detour)) return;
      } finally {
        this.#directInFlight -= 1;
      }
    }
  }

  /** Sends the request through the activator. Counts it from now to its end, including the wait. */
  async proxy(exchange: Exchange, detour: Detour = { pods: [], isReplayed: false }): Promise<void> {
    const { clock, started, ended } = this.#context;
    const since = clock.now();
    exchange.timing.queued = since;
    started(this.#revision, since);
    try {
      for (;;) {
        const admission = this.#throttler.tryAcquire() ?? (await this.#wait(exchange, since));
        if (typeof admission !== "object") {
          if (admission !== "abandoned") sendReplyAfterBody(exchange, REPLIES[admission]);
          return;
        }
        if (await this.#forward(exchange, admission, since, detour)) return;
      }
    } finally {
      ended(this.#revision, clock.now());
    }
  }

  /** Ends all waits. Requests in flight continue. */
  close(): void {
    this.#direct = [];
    this.#prober.close();
    this.#throttler.close();
  }

  #applyUsablePods(): void {
    const { usable } = this.#prober;
    this.#direct = this.#mode === "Serve" ? usable.filter(({ ready }) => ready) : [];
    this.#throttler.setBackends(usable);
  }

  async #forward(exchange: Exchange, slot: Slot, since: Time, detour: Detour): Promise<boolean> {
    const { address, clock } = this.#context;
    const { backend } = slot;
    exchange.timing.assigned = clock.now();
    exchange.timing.pod = backend.pod;
    const headers = activatorHeaders(exchange.headers, exchange.peer);
    const timers = { since, text: ACTIVATOR_TIMEOUT_TEXT };
    const forwarded = new ForwardedExchange(exchange, { headers, peer: address, timers });
    try {
      return await this.#send(forwarded, backend, detour);
    } finally {
      this.#throttler.release(slot);
    }
  }

  /**
   * Returns false if the request must go to another pod. A request that was sent goes at most once to another pod and
   * never waits, because it may be the reason why its container is down.
   */
  async #send(exchange: Exchange, { pod, handle }: Backend, detour: Detour): Promise<boolean> {
    let isHandled = true;
    const takeBack = (wasSent: boolean): boolean => {
      this.#prober.onUnreached(pod);
      if (detour.pods.includes(pod)) return false;
      if (wasSent && (detour.isReplayed || this.#prober.usable.length === 0)) return false;
      detour.pods.push(pod);
      detour.isReplayed ||= wasSent;
      isHandled = false;
      return true;
    };
    await handle(exchange, takeBack);
    return isHandled;
  }

  #wait(exchange: Exchange, since: Time): Promise<WaitResult | "abandoned"> {
    return new Promise((resolve) => {
      const leave = this.#throttler.wait(resolve, since);
      exchange.onClosed(() => {
        leave();
        resolve("abandoned");
      });
    });
  }
}

/** The shortest of the three limits ends a wait, because the client gets no byte during the wait. */
function waitLimitMs(traffic: RevisionTraffic): number {
  const limits = [traffic.timeoutSeconds, traffic.responseStartTimeoutSeconds ?? 0, traffic.idleTimeoutSeconds ?? 0];
  return Math.min(...limits.filter((seconds) => seconds > 0)) * 1000;
}

/** The headers to drop, by the length of their names, because a look-up by length is fast. */
const DROPPED: ReadonlyMap<number, string> = new Map([
  [14, "k-network-hash"],
  [24, "knative-serving-revision"],
  [25, "knative-serving-namespace"],
]);

/**
 * Headers after the activator: sets `K-Proxy-Request: activator`, removes the revision's headers and the probe hash,
 * appends `peer` to X-Forwarded-For. K-Original-Host is not needed, because Host is never replaced. @see
 * pkg/activator/handler/handler.go
 */
export function activatorHeaders(headers: RawHeaders, peer: string): RawHeaders {
  const out: string[] = [];
  let forwardedFor = "";
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const value = headers[index + 1] as string;
    const { length } = name;
    if (length === 15 && isNamed(headers, index, "x-forwarded-for")) forwardedFor += `${value}, `;
    else if (length === 15 && isNamed(headers, index, "k-proxy-request")) continue;
    else if (length === 14 || length === 24 || length === 25) {
      if (!isNamed(headers, index, DROPPED.get(length) as string)) out.push(name, value);
    } else out.push(name, value);
  }
  out.push("K-Proxy-Request", "activator", "X-Forwarded-For", forwardedFor + peer);
  return out;
}
