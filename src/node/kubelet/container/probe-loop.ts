// Repeats one probe with the kubelet's delays and thresholds, and reports when its result changes.
// Source: k8s.io/kubernetes/pkg/kubelet/prober/worker.go.
import type { Probe } from "../../../apis/core/pod-spec.ts";
import type { GuardedClock } from "../../../base/background.ts";
import { errorText } from "../../../base/errors.ts";

export type ProbeAnswer = { readonly ok: true } | { readonly ok: false; readonly message: string };

export interface ProbeLoopOptions {
  readonly probe: Pick<Probe, "initialDelaySeconds" | "periodSeconds" | "successThreshold" | "failureThreshold">;
  readonly clock: GuardedClock;
  /** Runs the probe once. A rejection counts as a failure. */
  readonly run: () => Promise<ProbeAnswer>;
  /** Called when a threshold is reached and the result differs from the last one. */
  readonly onVerdict: (answer: ProbeAnswer) => void;
  /** Called after each failure. */
  readonly onFailure?: (message: string) => void;
}

const DEFAULT_PERIOD_SECONDS = 10;
/** The default of `failureThreshold`. */
export const DEFAULT_FAILURES = 3;
const POLL_GAP_MS = 50;

/** Runs until disposed. Unlike a cluster's kubelet, it adds no random delay before the first run. */
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
    this.#timer = clock.at(clock.now() + (probe.initialDelaySeconds ?? 0) * 1000, () => this.#next());
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
  }

  async #next(): Promise<void> {
    const { clock, probe, run, onFailure } = this.#options;
    const began = clock.now();
    const answer = await run().catch((error: unknown) => ({ ok: false, message: errorText(error) }) as const);
    if (this.#closed) return;
    if (!answer.ok) onFailure?.(answer.message);
    this.#sameInRow = answer.ok === this.#lastOk ? this.#sameInRow + 1 : 1;
    this.#lastOk = answer.ok;
    this.#applyThreshold(answer);
    if (this.#closed) return;
    const periodMs = (probe.periodSeconds || DEFAULT_PERIOD_SECONDS) * 1000;
    // A probe with period 0 polls by itself during `run`, so it repeats almost at once until it first succeeds.
    const polls = (probe.periodSeconds ?? 0) === 0 && this.#verdict !== true;
    const next = polls ? clock.now() + POLL_GAP_MS : Math.max(clock.now(), began + periodMs);
    this.#timer = clock.at(next, () => this.#next());
  }

  #applyThreshold(answer: ProbeAnswer): void {
    const { probe, onVerdict } = this.#options;
    const needed = answer.ok ? (probe.successThreshold ?? 1) : probe.failureThreshold || DEFAULT_FAILURES;
    if (this.#sameInRow < needed || this.#verdict === answer.ok) return;
    this.#verdict = answer.ok;
    onVerdict(answer);
  }
}
