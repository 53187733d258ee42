// Whether the pod is ready, by the user's readiness probes: one evaluation at a time, shared by all who ask. It never decides what follows.

import type { Probe } from "../../apis/core/pod-spec.ts";
import type { PodAddress } from "../../base/address.ts";
import type { Clock } from "../../base/clock.ts";
import { attemptProbe } from "../probe/attempt.ts";
import type { ProbeResult } from "../probe/probe-result.ts";

export interface ReadinessParts {
  readonly probes: readonly Probe[];
  readonly clock: Clock;
  /** Where a probe's port is reached. */
  readonly addressOf: (port: number) => PodAddress;
  readonly detectHttp2: boolean;
}

/** `pkg/queue/readiness/probe.go`: periodSeconds 0 polls until a limit, anything else is one attempt per evaluation. */
const POLL_MS = 50;
const POLL_LIMIT_MS = 10_000;
const POLL_ATTEMPT_MS = 100;

const READY: ProbeResult = { ok: true };

export class Readiness {
  readonly #parts: ReadinessParts;
  readonly #runners: readonly ProbeRunner[];
  #running: Promise<ProbeResult> | undefined;
  #closed = false;

  constructor(parts: ReadinessParts) {
    this.#parts = parts;
    this.#runners = parts.probes.map((probe) => new ProbeRunner(probe, parts, () => this.#closed));
  }

  /** Attaches to the evaluation that is under way, or begins one. It is not called off when its callers go away. */
  evaluate(): Promise<ProbeResult> {
    if (this.#runners.length === 0) return Promise.resolve(READY);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Attempts end with the one under way; nothing is dialled after that. */
  close(): void {
    this.#closed = true;
  }

  async #run(): Promise<ProbeResult> {
    if (this.#parts.probes.length === 0) return READY;
    const results = await Promise.all(this.#runners.map((runner) => runner.evaluate()));
    return results.find((result) => !result.ok) ?? READY;
  }
}

/** One probe with its count of successes, which lives on between evaluations. */
class ProbeRunner {
  readonly #probe: Probe;
  readonly #parts: ReadinessParts;
  readonly #isClosed: () => boolean;
  #successes = 0;

  constructor(probe: Probe, parts: ReadinessParts, isClosed: () => boolean) {
    this.#probe = probe;
    this.#parts = parts;
    this.#isClosed = isClosed;
  }

  async evaluate(): Promise<ProbeResult> {
    const probe = this.#probe;
    if (probe.exec !== undefined) return { ok: false, message: "exec probe not supported" };
    const aggressive = (probe.periodSeconds ?? 0) === 0;
    const limitMs = aggressive ? POLL_LIMIT_MS : Math.max(1, probe.timeoutSeconds ?? 1) * 1000;
    const deadline = this.#parts.clock.now() + limitMs;
    return aggressive ? this.#poll(deadline) : this.#attempt(limitMs);
  }

  async #poll(deadline: number): Promise<ProbeResult> {
    const { clock } = this.#parts;
    let result: ProbeResult;
    for (;;) {
      const began = clock.now();
      result = await this.#attempt(POLL_ATTEMPT_MS);
      this.#successes = result.ok ? this.#successes + 1 : 0;
      if (this.#successes >= (this.#probe.successThreshold ?? 1)) return READY;
      const next = Math.max(began + POLL_MS, clock.now());
      if (next > deadline || this.#isClosed()) return result.ok ? { ok: false, message: "too few successes" } : result;
      await this.#until(next);
    }
  }

  #attempt(timeoutMs: number): Promise<ProbeResult> {
    const { detectHttp2 } = this.#parts;
    return attemptProbe({ probe: this.#probe, ...this.#address(), timeoutMs, prober: "queue-proxy", detectHttp2 });
  }

  #address(): PodAddress {
    const { httpGet, tcpSocket, grpc } = this.#probe;
    return this.#parts.addressOf(Number(httpGet?.port ?? tcpSocket?.port ?? grpc?.port ?? 0));
  }

  #until(time: number): Promise<void> {
    return new Promise((resolve) => void this.#parts.clock.at(time, resolve));
  }
}
