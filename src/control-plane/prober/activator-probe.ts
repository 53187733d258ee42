// Checks with a request whether the activator is in the request path of a revision.
import type { RevisionKey } from "../../apis/autoscaling/types.ts";
import type { Clock } from "../../base/clock.ts";
import type { LocalReply } from "../../data-plane/http/errors.ts";
import type { RawHeaders } from "../../data-plane/http/exchange.ts";
import type { AnswerOf, Inquiry } from "../controller/reconciler.ts";

type Question = Extract<Inquiry, { ask: "ActivatorProbe" }>;
type Done = (answer: AnswerOf<Question>) => void;

const PERIOD_MS = 1000;
const GIVE_UP_MS = 45_000;
/** The time from the last failed probe until the reconciler asks again. */
const REENQUEUE_MS = 1000;
const HEADERS: RawHeaders = ["User-Agent", "Knative-Autoscaling-Probe", "K-Network-Probe", "activator"];

export interface ActivatorProbeOptions {
  readonly clock: Clock;
  /** Sends a GET to the revision's public Service. Resolves to undefined if nothing answers. */
  readonly send: (revision: RevisionKey, headers: RawHeaders) => Promise<LocalReply | undefined>;
  /** Drops the answer and enqueues the reconcilers that asked. */
  readonly forget: (question: Question) => void;
}

/**
 * Reports the result of each probe. After a failure, probes again once a second for at most 45 s; then forgets the
 * question, so that the reconciler asks again. @see knative pkg/reconciler/autoscaling/kpa/scaler.go
 */
export class ActivatorProbe {
  readonly #options: ActivatorProbeOptions;
  readonly #series = new Map<RevisionKey, { next: Disposable | undefined }>();

  constructor(options: ActivatorProbeOptions) {
    this.#options = options;
  }

  inquire(question: Question, done: Done): void {
    const { revision } = question;
    this.stop(revision);
    const series: { next: Disposable | undefined } = { next: undefined };
    this.#series.set(revision, series);
    const { clock, forget } = this.#options;
    const startedAt = clock.now();
    const probe = async (): Promise<void> => {
      const answer = readReply(await this.#options.send(revision, HEADERS));
      if (this.#series.get(revision) !== series) return;
      done(answer);
      const next = clock.now() + PERIOD_MS;
      if (answer.ok) this.#series.delete(revision);
      else if (next - startedAt <= GIVE_UP_MS) series.next = clock.at(next, () => void probe());
      else {
        series.next = clock.at(clock.now() + REENQUEUE_MS, () => {
          this.stop(revision);
          forget(question);
        });
      }
    };
    void probe();
  }

  stop(revision: RevisionKey): void {
    this.#series.get(revision)?.next?.[Symbol.dispose]();
    this.#series.delete(revision);
  }

  close(): void {
    for (const revision of [...this.#series.keys()]) this.stop(revision);
  }
}

function readReply(reply: LocalReply | undefined): AnswerOf<Question> {
  if (!reply) return { ok: false, error: "no answer" };
  if (reply.status === 200 && reply.body === "activator") return { ok: true };
  return { ok: false, error: `status ${reply.status}, body ${JSON.stringify(reply.body.trimEnd())}` };
}
