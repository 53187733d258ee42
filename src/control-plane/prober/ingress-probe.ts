// Answers whether the gateway serves an Ingress in a given version, host by host, by asking it until it does.
import type { ObjectKey } from "../../apis/meta/key.ts";
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
  /** A GET to this host through the gateway's handlers, at the door where the Ingress wants it served; undefined: no answer. */
  readonly send: (host: string, ingress: ObjectKey, headers: RawHeaders) => Promise<LocalReply | undefined>;
}

/** One question under way. */
interface Round {
  readonly question: Question;
  readonly done: Done;
  /** Hosts seen serving it. */
  proven: number;
  /** In a row, of the host that is asked now. */
  failures: number;
  retry: Disposable | undefined;
}

/**
 * As networking's pkg/status: every host, each tried again after 50 ms, 100 ms, … at most 30 s. A question about another version of the same
 * Ingress takes the place of the one before. Says yes once, and never no.
 */
export class IngressProbe {
  readonly #options: IngressProbeOptions;
  readonly #rounds = new Map<string, Round>();

  constructor(options: IngressProbeOptions) {
    this.#options = options;
  }

  inquire(question: Question, done: Done): void {
    const { namespace, name } = question.ingress;
    this.stop(namespace, name);
    const round: Round = { question, done, proven: 0, failures: 0, retry: undefined };
    this.#rounds.set(`${namespace}/${name}`, round);
    void this.#prove(round);
  }

  /** The Ingress is gone, or its version is no longer of interest. */
  stop(namespace: string, name: string): void {
    const path = `${namespace}/${name}`;
    this.#rounds.get(path)?.retry?.[Symbol.dispose]();
    this.#rounds.delete(path);
  }

  close(): void {
    for (const { question } of [...this.#rounds.values()]) this.stop(question.ingress.namespace, question.ingress.name);
  }

  /** Goes on from the first host that is not proven. */
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
    this.stop(ingress.namespace, ingress.name);
    round.done({ ok: true });
  }

  #isCurrent(round: Round): boolean {
    const { namespace, name } = round.question.ingress;
    return this.#rounds.get(`${namespace}/${name}`) === round;
  }

  #retry(round: Round): void {
    const { clock } = this.#options;
    const waitMs = Math.min(FIRST_RETRY_MS * 2 ** round.failures, LAST_RETRY_MS);
    round.failures += 1;
    round.retry = clock.at(clock.now() + waitMs, () => void this.#prove(round));
  }
}

/**
 * Whether the gateway serves this version (networking's pkg/status/status.go). Only a wrong hash, 404 and 503 say no: any other answer comes
 * from a data path that is there, though it does not know about probes.
 */
export function servesVersion(reply: LocalReply | undefined, hash: string): boolean {
  if (!reply || reply.status === 404 || reply.status === 503) return false;
  const served = headerValue(reply.headers, "k-network-hash");
  return reply.status !== 200 || served === undefined || served === hash;
}
