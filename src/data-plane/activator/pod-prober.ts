// Finds out which pods of a revision answer, before Kubernetes says so: the activator's own probing. It decides nothing about load.
import type { Clock, Time } from "../../base/clock.ts";
import type { Backend } from "./backend.ts";

/** A probe that has not answered after this long has failed. */
const PROBE_TIMEOUT_MS = 300;
/** Between the starts of two probes of a pod. */
const PROBE_PERIOD_MS = 200;

export interface PodProberOptions {
  readonly clock: Clock;
  /** One probe of one pod: true when its queue-proxy said it is ready. Never rejects. */
  readonly probe: (backend: Backend, signal: AbortSignal) => Promise<boolean>;
  /**
   * False: a pod counts only when it is Ready in Kubernetes' view, because its readiness probe is exec or a container has a startup
   * probe, of which the queue-proxy knows nothing.
   */
  readonly probesUnready: boolean;
  /** The set of usable pods grew by itself (not by {@link PodProber.setBackends}). */
  readonly onHealthy: () => void;
}

interface Candidate {
  backend: Backend;
  healthy: boolean;
  attempt: AbortController | undefined;
  next: Disposable | undefined;
}

/**
 * Follows pkg/activator/net/revision_backends.go with mesh-compatibility-mode `disabled`: Ready pods are trusted, others are probed at once and
 * every 200 ms until they answer, all in parallel; a proven pod is probed again only when it goes from Ready to not Ready.
 */
export class PodProber {
  readonly #options: PodProberOptions;
  #candidates = new Map<string, Candidate>();

  constructor(options: PodProberOptions) {
    this.#options = options;
  }

  /** The pods that may take requests now. */
  get usable(): readonly Backend[] {
    return [...this.#candidates.values()]
      .filter((candidate) => candidate.healthy)
      .map((candidate) => candidate.backend);
  }

  /** The pods there are. Ready ones are usable when this returns; unproven ones get a probe now. */
  setBackends(backends: readonly Backend[]): void {
    const before = this.#candidates;
    this.#candidates = new Map();
    for (const backend of backends) {
      const known = before.get(backend.pod);
      before.delete(backend.pod);
      const candidate = known ?? { backend, healthy: false, attempt: undefined, next: undefined };
      if (backend.ready) candidate.healthy = true;
      else if (candidate.backend.ready || !this.#options.probesUnready) candidate.healthy = false;
      candidate.backend = backend;
      this.#candidates.set(backend.pod, candidate);
      if (candidate.healthy) stopProbing(candidate);
      else if (this.#options.probesUnready && !candidate.attempt) this.#probe(candidate);
    }
    for (const gone of before.values()) stopProbing(gone);
  }

  close(): void {
    this.setBackends([]);
  }

  #probe(candidate: Candidate): void {
    const { clock, probe } = this.#options;
    const startedAt = clock.now();
    const attempt = new AbortController();
    stopProbing(candidate);
    candidate.attempt = attempt;
    const finish = (ok: boolean): void => {
      if (candidate.attempt !== attempt) return;
      timeout[Symbol.dispose]();
      stopProbing(candidate);
      if (ok) this.#onHealthy(candidate);
      else this.#retry(candidate, startedAt);
    };
    const timeout = clock.at(startedAt + PROBE_TIMEOUT_MS, () => finish(false));
    attempt.signal.addEventListener("abort", () => timeout[Symbol.dispose](), { once: true });
    probe(candidate.backend, attempt.signal).then(finish, () => finish(false));
  }

  #retry(candidate: Candidate, startedAt: Time): void {
    const { clock } = this.#options;
    const at = Math.max(startedAt + PROBE_PERIOD_MS, clock.now());
    candidate.next = clock.at(at, () => this.#probe(candidate));
  }

  #onHealthy(candidate: Candidate): void {
    candidate.healthy = true;
    this.#options.onHealthy();
  }
}

function stopProbing(candidate: Candidate): void {
  const { attempt, next } = candidate;
  candidate.attempt = undefined;
  candidate.next = undefined;
  next?.[Symbol.dispose]();
  attempt?.abort();
}
