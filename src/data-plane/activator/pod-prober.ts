// Probes the pods of a revision, because a probe finds a ready pod earlier than its Ready condition.
import type { Clock, Time } from "../../base/clock.ts";
import type { Backend } from "./backend.ts";

/** A probe fails after this time. */
const PROBE_TIMEOUT_MS = 300;
/** Time between the starts of two probes of a pod. */
const PROBE_PERIOD_MS = 200;

export interface PodProberOptions {
  readonly clock: Clock;
  /** Resolves to true if the pod's queue-proxy reports ready. */
  readonly probe: (backend: Backend, signal: AbortSignal) => Promise<boolean>;
  /** False if the pods have exec readiness probes or startup probes, which the queue-proxy does not run. */
  readonly probesUnready: boolean;
  /** Called when a probe has made a pod usable. */
  readonly onHealthy: () => void;
}

interface Candidate {
  backend: Backend;
  healthy: boolean;
  attempt: AbortController | undefined;
  next: Disposable | undefined;
}

/**
 * Ready pods are usable. The prober probes other pods in parallel, at once and every 200 ms until a probe succeeds, and
 * again when a pod changes from Ready to not Ready. @see pkg/activator/net/revision_backends.go, mesh mode `disabled`
 */
export class PodProber {
  readonly #options: PodProberOptions;
  #candidates = new Map<string, Candidate>();

  constructor(options: PodProberOptions) {
    this.#options = options;
  }

  /** The pods that can take requests. */
  get usable(): readonly Backend[] {
    return [...this.#candidates.values()]
      .filter((candidate) => candidate.healthy)
      .map((candidate) => candidate.backend);
  }

  /** Sets all pods. Ready pods are usable when this method returns; it starts to probe the others. */
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
