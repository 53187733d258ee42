// Answers whether the gateway serves an Ingress in a given version, host by host, by asking it until it does.
import type { ObjectKey } from "../../apis/kinds.ts";
import type { Clock } from "../../base/clock.ts";
import type { AnswerOf, Inquiry } from "../controller/reconciler.ts";
import { attemptIngress, type DoorAddress, servesVersion } from "./ingress-attempt.ts";

type Question = Extract<Inquiry, { ask: "IngressProbe" }>;
type Done = (answer: AnswerOf<Question>) => void;

const WORKERS = 15;
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 30_000;

export interface IngressProbeOptions {
  readonly clock: Clock;
  /** The doors at which this host must be served. */
  readonly doorsOf: (host: string, ingress: ObjectKey) => readonly DoorAddress[];
  readonly attempt?: typeof attemptIngress;
}

interface Job {
  readonly host: string;
  readonly door: DoorAddress;
  failures: number;
}

/** One question under way. */
interface Round {
  readonly question: Question;
  readonly stop: AbortController;
  readonly done: Done;
  readonly retries: Set<Disposable>;
  left: number;
}

/**
 * As networking's pkg/status: every host × door, 15 at a time, each tried again after 50 ms, 100 ms, … at most 30 s. A question about another
 * version of the same Ingress takes the place of the one before. Says yes once, and never no.
 */
export class IngressProbe {
  readonly #options: IngressProbeOptions;
  readonly #rounds = new Map<string, Round>();
  readonly #queue: (() => Promise<void>)[] = [];
  #working = 0;

  constructor(options: IngressProbeOptions) {
    this.#options = options;
  }

  inquire(question: Question, done: Done): void {
    const { namespace, name } = question.ingress;
    this.stop(namespace, name);
    const jobs = question.hosts.flatMap((host) =>
      this.#options.doorsOf(host, question.ingress).map((door) => ({ host, door, failures: 0 })),
    );
    if (jobs.length === 0) {
      done({ ok: true });
      return;
    }
    const round: Round = { question, stop: new AbortController(), done, retries: new Set(), left: jobs.length };
    this.#rounds.set(`${namespace}/${name}`, round);
    for (const job of jobs) this.#enqueue(round, job);
  }

  /** The Ingress is gone, or its version is no longer of interest. */
  stop(namespace: string, name: string): void {
    const round = this.#rounds.get(`${namespace}/${name}`);
    this.#rounds.delete(`${namespace}/${name}`);
    round?.stop.abort();
    for (const retry of round?.retries ?? []) retry[Symbol.dispose]();
  }

  close(): void {
    for (const { question } of [...this.#rounds.values()]) this.stop(question.ingress.namespace, question.ingress.name);
  }

  #enqueue(round: Round, job: Job): void {
    this.#queue.push(() => this.#try(round, job));
    void this.#work();
  }

  async #work(): Promise<void> {
    if (this.#working >= WORKERS) return;
    this.#working += 1;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) await next();
    this.#working -= 1;
  }

  async #try(round: Round, job: Job): Promise<void> {
    const { signal } = round.stop;
    if (signal.aborted) return;
    const attempt = this.#options.attempt ?? attemptIngress;
    const answer = await attempt(job.host, job.door, signal);
    if (signal.aborted) return;
    if (servesVersion(answer, round.question.hash)) this.#served(round);
    else this.#retry(round, job);
  }

  #served(round: Round): void {
    round.left -= 1;
    if (round.left > 0) return;
    this.stop(round.question.ingress.namespace, round.question.ingress.name);
    round.done({ ok: true });
  }

  #retry(round: Round, job: Job): void {
    const { clock } = this.#options;
    const waitMs = Math.min(FIRST_RETRY_MS * 2 ** job.failures, LAST_RETRY_MS);
    job.failures += 1;
    const retry = clock.at(clock.now() + waitMs, () => {
      round.retries.delete(retry);
      this.#enqueue(round, job);
    });
    round.retries.add(retry);
  }
}
