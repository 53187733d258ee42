// Evaluates the user's readiness probes. Concurrent callers share one evaluation.

import type { Probe } from "../../apis/core/pod-spec.ts";
import { probePort } from "../../apis/core/probe.ts";
import type { PodAddress } from "../../base/address.ts";
import type { Clock } from "../../base/clock.ts";
import { attemptProbe } from "../probe/attempt.ts";
import type { ProbeResult } from "../probe/probe-result.ts";

export interface ReadinessParts {
  readonly probes: readonly Probe[];
  readonly clock: Clock;
  /** The address of a probe's port. */
  readonly addressOf: (port: number) => PodAddress;
  readonly detectHttp2: boolean;
}

/** An evaluation makes one attempt, or with periodSeconds 0 polls up to a limit. @see pkg/queue/readiness/probe.go */
const POLL_MS = 50;
const POLL_LIMIT_MS = 10_000;
const POLL_ATTEMPT_MS = 100;

const READY: ProbeResult = { ok: true };

export class Readiness {
  readonly #runners: readonly ProbeRunner[];
  #running: Promise<ProbeResult> | undefined;
  #closed = false;

  constructor(parts: ReadinessParts) {
    this.#runners = parts.probes.map((probe) => new ProbeRunner(probe, parts, () => this.#closed));
  }

  /** Starts an evaluation or joins the current one, which continues even if all callers leave. */
  evaluate(): Promise<ProbeResult> {
    if (this.#runners.length === 0) return Promise.resolve(READY);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Ends the probing: after the current attempt, no further attempt starts. */
  close(): void {
    this.#closed = true;
  }

  async #run(): Promise<ProbeResult> {
    const results = await Promise.all(this.#runners.map((runner) => runner.evaluate()));
    return results.find((result) => !result.ok) ?? READY;
  }
}

/** A probe with its count of successes, which is kept between evaluations. */
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
    return this.#parts.addressOf(Number(probePort(this.#probe) ?? 0));
  }

  #until(time: number): Promise<void> {
    return new Promise((resolve) => void this.#parts.clock.at(time, resolve));
  }
}
