// Answers whether the gateway serves a given version of an Ingress, by requests to each host until it does.
import { type NamespacedName, namespacedName, type ObjectKey } from "../../apis/meta/key.ts";
import type { Clock } from "../../base/clock.ts";
import type { LocalReply } from "../../data-plane/http/errors.ts";
import type { RawHeaders } from "../../data-plane/http/exchange.ts";
import { headerValue } from "../../data-plane/http/headers.ts";
import type { AnswerOf, Inquiry } from "../controller/reconciler.ts";

type Question = Extract<Inquiry, { ask: "IngressProbe" }>;
type Done = (answer: AnswerOf<Question>) => void;

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 30_000;
const HEADERS: RawHeaders = [
  ...["User-Agent", "Knative-Ingress-Probe"],
  ...["K-Network-Probe", "probe"],
  ...["K-Network-Hash", "override"],
];

export interface IngressProbeOptions {
  readonly clock: Clock;
  /** Sends a GET for this host to the gateway listener that the Ingress asks for; undefined: no answer. */
  readonly send: (host: string, ingress: ObjectKey, headers: RawHeaders) => Promise<LocalReply | undefined>;
}

/** The state of a question. */
interface Round {
  readonly question: Question;
  readonly done: Done;
  /** How many hosts serve the version. */
  proven: number;
  /** Failures in a row of the current host. */
  failures: number;
  retry: Disposable | undefined;
}

/**
 * Probes every host, and retries after 50 ms, 100 ms and so on, at most 30 s. A question about another version of the
 * same Ingress replaces the previous question. Calls `done({ ok: true })` once on success; never reports failure.
 * @see networking pkg/status
 */
export class IngressProbe {
  readonly #options: IngressProbeOptions;
  readonly #rounds = new Map<NamespacedName, Round>();

  constructor(options: IngressProbeOptions) {
    this.#options = options;
  }

  inquire(question: Question, done: Done): void {
    this.stop(question.ingress);
    const round: Round = { question, done, proven: 0, failures: 0, retry: undefined };
    this.#rounds.set(namespacedName(question.ingress), round);
    void this.#prove(round);
  }

  stop(ingress: Pick<ObjectKey, "namespace" | "name">): void {
    const name = namespacedName(ingress);
    this.#rounds.get(name)?.retry?.[Symbol.dispose]();
    this.#rounds.delete(name);
  }

  close(): void {
    for (const { question } of [...this.#rounds.values()]) this.stop(question.ingress);
  }

  /** Continues with the first host that is not proven. */
  async #prove(round: Round): Promise<void> {
    const { ingress, hosts, hash } = round.question;
    for (let host = hosts[round.proven]; host !== undefined; host = hosts[round.proven]) {
      const reply = await this.#options.send(host, ingress, HEADERS);
      if (!this.#isCurrent(round)) return;
      if (!servesVersion(reply, hash)) {
        this.#retry(round);
        return;
      }
      round.proven += 1;
      round.failures = 0;
    }
    this.stop(ingress);
    round.done({ ok: true });
  }

  #isCurrent(round: Round): boolean {
    return this.#rounds.get(namespacedName(round.question.ingress)) === round;
  }

  #retry(round: Round): void {
    const { clock } = this.#options;
    const waitMs = Math.min(FIRST_RETRY_MS * 2 ** round.failures, LAST_RETRY_MS);
    round.failures += 1;
    round.retry = clock.at(clock.now() + waitMs, () => void this.#prove(round));
  }
}

/**
 * The gateway serves this version. Only another hash, 404 and 503 mean that it does not; any other answer comes from a
 * backend that does not know probes. @see networking pkg/status/status.go
 */
export function servesVersion(reply: LocalReply | undefined, hash: string): boolean {
  if (!reply || reply.status === 404 || reply.status === 503) return false;
  const served = headerValue(reply.headers, "k-network-hash");
  return reply.status !== 200 || served === undefined || served === hash;
}
