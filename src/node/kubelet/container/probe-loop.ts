// One probe of one container, asked again and again as the kubelet asks: delays, thresholds, transitions. It acts on nothing itself.
// Source: k8s.io/kubernetes/pkg/kubelet/prober/worker.go.
import type { Probe } from "../../../apis/core/pod-spec.ts";
import type { Clock } from "../../../base/clock.ts";

export type ProbeAnswer = { readonly ok: true } | { readonly ok: false; readonly message: string };

export interface ProbeLoopOptions {
  readonly probe: Pick<Probe, "initialDelaySeconds" | "periodSeconds" | "successThreshold" | "failureThreshold">;
  readonly clock: Clock;
  /** One attempt; never rejects. */
  readonly attempt: () => Promise<ProbeAnswer>;
  /** A threshold was reached and the verdict is another than before. */
  readonly onVerdict: (answer: ProbeAnswer) => void;
  /** Each failed attempt, for events. */
  readonly onFailure?: (message: string) => void;
}

const DEFAULT_PERIOD_SECONDS = 10;
const EAGER_GAP_MS = 50;

/** Runs until disposed. The first attempt is made after the initial delay, without the random wait of a cluster's kubelet. */
export class ProbeLoop implements Disposable {
  readonly #options: ProbeLoopOptions;
  #timer: Disposable | undefined;
  #closed = false;
  #inRow = 0;
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
    this.#inRow = answer.ok === this.#lastOk ? this.#inRow + 1 : 1;
    this.#lastOk = answer.ok;
    this.#judge(answer);
    if (this.#closed) return;
    const periodMs = (probe.periodSeconds || DEFAULT_PERIOD_SECONDS) * 1000;
    // A probe that polls by itself (period 0) is asked again almost at once until it first succeeds.
    const eager = (probe.periodSeconds ?? 0) === 0 && this.#verdict !== true;
    const next = eager ? clock.now() + EAGER_GAP_MS : Math.max(clock.now(), began + periodMs);
    this.#timer = clock.at(next, () => void this.#attempt());
  }

  #judge(answer: ProbeAnswer): void {
    const { probe, onVerdict } = this.#options;
    const needed = answer.ok ? (probe.successThreshold ?? 1) : probe.failureThreshold || 3;
    if (this.#inRow < needed || this.#verdict === answer.ok) return;
    this.#verdict = answer.ok;
    onVerdict(answer);
  }
}
