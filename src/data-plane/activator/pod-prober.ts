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
  /** Called when {@link PodProber.usable} changes, except by {@link PodProber.setBackends}. */
  readonly onChange: () => void;
}

interface Candidate {
  backend: Backend;
  healthy: boolean;
  /** A request did not reach the pod, although it is Ready, and no probe has succeeded since. */
  isUnreached: boolean;
  probe: AbortController | undefined;
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

  /** Sets all pods. Ready pods are usable when this method returns. The prober starts to probe the others. */
  setBackends(backends: readonly Backend[]): void {
    const before = this.#candidates;
    this.#candidates = new Map();
    for (const backend of backends) {
      const known = before.get(backend.pod);
      before.delete(backend.pod);
      const candidate = known ?? makeCandidate(backend);
      const { probesUnready } = this.#options;
      candidate.isUnreached &&= backend.ready;
      if (backend.ready) candidate.healthy = !candidate.isUnreached;
      else if (candidate.backend.ready || !probesUnready) candidate.healthy = false;
      candidate.backend = backend;
      this.#candidates.set(backend.pod, candidate);
      if (candidate.healthy || !(probesUnready || candidate.isUnreached)) stopProbing(candidate);
      else if (!candidate.probe && !candidate.isUnreached) this.#probe(candidate);
    }
    for (const gone of before.values()) stopProbing(gone);
  }

  /** A request did not reach the pod. The pod is not usable until a probe succeeds; the first starts in 200 ms. */
  onUnreached(pod: string): void {
    const candidate = this.#candidates.get(pod);
    if (!candidate?.healthy) return;
    candidate.healthy = false;
    candidate.isUnreached = candidate.backend.ready;
    this.#retry(candidate, this.#options.clock.now());
    this.#options.onChange();
  }

  close(): void {
    this.setBackends([]);
  }

  #probe(candidate: Candidate): void {
    const { clock, probe } = this.#options;
    const startedAt = clock.now();
    const controller = new AbortController();
    stopProbing(candidate);
    candidate.probe = controller;
    const finish = (ok: boolean): void => {
      if (candidate.probe !== controller) return;
      timeout[Symbol.dispose]();
      stopProbing(candidate);
      if (ok) this.#onHealthy(candidate);
      else this.#retry(candidate, startedAt);
    };
    const timeout = clock.at(startedAt + PROBE_TIMEOUT_MS, () => finish(false));
    controller.signal.addEventListener("abort", () => timeout[Symbol.dispose](), { once: true });
    probe(candidate.backend, controller.signal).then(finish, () => finish(false));
  }

  #retry(candidate: Candidate, startedAt: Time): void {
    const { clock } = this.#options;
    const at = Math.max(startedAt + PROBE_PERIOD_MS, clock.now());
    candidate.next = clock.at(at, () => this.#probe(candidate));
  }

  #onHealthy(candidate: Candidate): void {
    candidate.healthy = true;
    candidate.isUnreached = false;
    this.#options.onChange();
  }
}

function makeCandidate(backend: Backend): Candidate {
  return { backend, healthy: false, isUnreached: false, probe: undefined, next: undefined };
}

function stopProbing(candidate: Candidate): void {
  const { probe, next } = candidate;
  candidate.probe = undefined;
  candidate.next = undefined;
  next?.[Symbol.dispose]();
  probe?.abort();
}
