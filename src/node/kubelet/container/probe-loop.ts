// Repeats one probe of a container with the kubelet's delays and thresholds, and reports changes of its result.
// Source: k8s.io/kubernetes/pkg/kubelet/prober/worker.go.
import type { Probe } from "../../../apis/core/pod-spec.ts";
import type { Clock } from "../../../base/clock.ts";

export type ProbeAnswer = { readonly ok: true } | { readonly ok: false; readonly message: string };

export interface ProbeLoopOptions {
  readonly probe: Pick<Probe, "initialDelaySeconds" | "periodSeconds" | "successThreshold" | "failureThreshold">;
  readonly clock: Clock;
  /** One attempt; never rejects. */
  readonly attempt: () => Promise<ProbeAnswer>;
  /** A threshold was reached and the result differs from the last. */
  readonly onVerdict: (answer: ProbeAnswer) => void;
  /** Called after each failed attempt. */
  readonly onFailure?: (message: string) => void;
}

const DEFAULT_PERIOD_SECONDS = 10;
/** The default of `failureThreshold`. */
export const DEFAULT_FAILURES = 3;
const EAGER_GAP_MS = 50;

/** Runs until disposed. Unlike a cluster's kubelet, it adds no random delay before the first attempt. */
export class ProbeLoop implements Disposable {
  readonly #options: ProbeLoopOptions;
  #timer: Disposable | undefined;
  #closed = false;
  #sameInRow = 0;
  #lastOk: boolean | undefined;
  #verdict: boolean | undefined;

  constructor(options: ProbeLoopOptions) {
    this.#options = options;
    const { clock, probe } = options;
    this.#timer = clock.at(clock.now() + (probe.initialDelaySeconds ?? 0) * 1000, () => void this.#attempt());
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
  }

  async #attempt(): Promise<void> {
    const { clock, probe, attempt, onFailure } = this.#options;
    const began = clock.now();
    const answer = await attempt();
    if (this.#closed) return;
    if (!answer.ok) onFailure?.(answer.message);
    this.#sameInRow = answer.ok === this.#lastOk ? this.#sameInRow + 1 : 1;
    this.#lastOk = answer.ok;
    this.#applyThreshold(answer);
    if (this.#closed) return;
    const periodMs = (probe.periodSeconds || DEFAULT_PERIOD_SECONDS) * 1000;
    // The attempt of a probe with period 0 polls by itself, so it repeats almost at once until it first succeeds.
    const eager = (probe.periodSeconds ?? 0) === 0 && this.#verdict !== true;
    const next = eager ? clock.now() + EAGER_GAP_MS : Math.max(clock.now(), began + periodMs);
    this.#timer = clock.at(next, () => void this.#attempt());
  }

  #applyThreshold(answer: ProbeAnswer): void {
    const { probe, onVerdict } = this.#options;
    const needed = answer.ok ? (probe.successThreshold ?? 1) : probe.failureThreshold || DEFAULT_FAILURES;
    if (this.#sameInRow < needed || this.#verdict === answer.ok) return;
    this.#verdict = answer.ok;
    onVerdict(answer);
  }
}
