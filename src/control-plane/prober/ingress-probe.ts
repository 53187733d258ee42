// Sends requests to each host of an Ingress until the gateway serves a given version of the Ingress.
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
  /** Sends a GET for this host to the listener of the Ingress. Resolves to undefined if nothing answers. */
  readonly send: (host: string, ingress: ObjectKey, headers: RawHeaders) => Promise<LocalReply | undefined>;
}

/** The probes of one question. */
interface ProbeSeries {
  readonly question: Question;
  readonly done: Done;
  /** The number of hosts that serve the version. */
  proven: number;
  /** Failures in a row for the current host. */
  failures: number;
  retry: Disposable | undefined;
}

/**
 * Probes every host and retries after 50 ms, doubled each time, at most 30 s. A question about another version of an
 * Ingress replaces the previous question. Calls `done({ ok: true })` once on success; never reports a failure.
 * @see networking pkg/status
 */
export class IngressProbe {
  readonly #options: IngressProbeOptions;
  readonly #series = new Map<NamespacedName, ProbeSeries>();

  constructor(options: IngressProbeOptions) {
    this.#options = options;
  }

  inquire(question: Question, done: Done): void {
    this.stop(question.ingress);
    const series: ProbeSeries = { question, done, proven: 0, failures: 0, retry: undefined };
    this.#series.set(namespacedName(question.ingress), series);
    void this.#prove(series);
  }

  stop(ingress: Pick<ObjectKey, "namespace" | "name">): void {
    const name = namespacedName(ingress);
    this.#series.get(name)?.retry?.[Symbol.dispose]();
    this.#series.delete(name);
  }

  close(): void {
    for (const { question } of [...this.#series.values()]) this.stop(question.ingress);
  }

  /** Probes the hosts that do not serve the version yet. */
  async #prove(series: ProbeSeries): Promise<void> {
    const { ingress, hosts, hash } = series.question;
    for (let host = hosts[series.proven]; host !== undefined; host = hosts[series.proven]) {
      const reply = await this.#options.send(host, ingress, HEADERS);
      if (!this.#isCurrent(series)) return;
      if (!servesVersion(reply, hash)) {
        this.#retry(series);
        return;
      }
      series.proven += 1;
      series.failures = 0;
    }
    this.stop(ingress);
    series.done({ ok: true });
  }

  #isCurrent(series: ProbeSeries): boolean {
    return this.#series.get(namespacedName(series.question.ingress)) === series;
  }

  #retry(series: ProbeSeries): void {
    const { clock } = this.#options;
    const waitMs = Math.min(FIRST_RETRY_MS * 2 ** series.failures, LAST_RETRY_MS);
    series.failures += 1;
    series.retry = clock.at(clock.now() + waitMs, () => void this.#prove(series));
  }
}

/**
 * Returns true if the gateway serves this version: the answer has this hash, or comes from a backend that does not know
 * probes. No answer, 404, 503 and another hash mean false. @see networking pkg/status/status.go
 */
export function servesVersion(reply: LocalReply | undefined, hash: string): boolean {
  if (!reply || reply.status === 404 || reply.status === 503) return false;
  const served = headerValue(reply.headers, "k-network-hash");
  return reply.status !== 200 || served === undefined || served === hash;
}
