// Routes requests to the pods of each revision, replies to probes and counts requests for the autoscaler.
import type { RevisionKey, Stat } from "../../apis/autoscaling/types.ts";
import type { Clock, Time } from "../../base/clock.ts";
import { Emitter } from "../../base/emitter.ts";
import { sendReplyAfterBody } from "../http/after-body.ts";
import { type LocalReply, makeUnknownRevision } from "../http/errors.ts";
import type { Exchange, Handler, RawHeaders } from "../http/exchange.ts";
import { sendProbe } from "../http/probe-exchange.ts";
import { ActivatorStats } from "../stats/activator-stats.ts";
import { probeReply } from "./probe-reply.ts";
import { type PathContext, RevisionPath, type RevisionTraffic } from "./revision-path.ts";

export interface ActivatorOptions {
  /** Clock of waits, probes and timeouts. */
  readonly clock: Clock;
  /** Clock of statistics, possibly virtual; default `clock`. */
  readonly statsClock?: Pick<Clock, "now">;
  /** Returns numbers in [0, 1), to choose pods. */
  readonly random: () => number;
  /** The activator pod's name, for its stats. */
  readonly podName: string;
  /** The activator pod's address, which queue-proxies append to X-Forwarded-For. */
  readonly address: string;
}

/** The statistic of a revision's first request, by which the autoscaler scales the revision from zero. */
export interface FirstRequest {
  readonly revision: RevisionKey;
  readonly stat: Stat;
}

/** A revision's traffic, for the UI. */
export interface PathLoad {
  readonly inFlight: number;
  readonly waiting: number;
  /** False: requests go directly to the pods. */
  readonly proxied: boolean;
}

/** Follows cmd/activator/main.go and pkg/activator. */
export class Activator {
  readonly #options: ActivatorOptions;
  readonly #stats: ActivatorStats;
  readonly #context: PathContext;
  readonly #paths = new Map<RevisionKey, RevisionPath>();
  readonly #firstRequests = new Emitter<FirstRequest>();
  #stopping = false;

  /** Reports a revision's first request before the activator handles it. */
  readonly onFirstRequest = this.#firstRequests.subscribe;

  constructor(options: ActivatorOptions) {
    const { clock, statsClock = clock, random, address } = options;
    // The two clocks are usually the same and were just read.
    const statsTime = statsClock === clock ? (now: Time) => now : () => statsClock.now();
    this.#options = options;
    this.#stats = new ActivatorStats(options.podName);
    this.#context = {
      clock,
      random,
      address,
      started: (revision, now) => this.#started(revision, statsTime(now)),
      ended: (revision, now) => this.#stats.ended(revision, statsTime(now)),
    };
  }

  /** Adds or updates a revision. Waiting requests that get a slot are forwarded before this method returns. */
  update(revision: RevisionKey, traffic: RevisionTraffic): void {
    let path = this.#paths.get(revision);
    if (!path) {
      path = new RevisionPath(revision, traffic, this.#context);
      this.#paths.set(revision, path);
    }
    path.update(traffic);
  }

  /** Removes a deleted revision: waiting requests get an empty 500, new ones 404. Requests in flight continue. */
  forget(revision: RevisionKey): void {
    this.#paths.get(revision)?.close();
    this.#paths.delete(revision);
  }

  /** Handles a request to the revision's public Service, whose endpoints are the activator or the pods. */
  handle(revision: RevisionKey, exchange: Exchange): Promise<void> {
    const path = this.#paths.get(revision);
    if (path && !path.isProxied) return path.serve(exchange);
    const reply = probeReply(exchange.headers, this.#stopping);
    if (!reply && path) return path.proxy(exchange);
    sendReplyAfterBody(exchange, reply ?? makeUnknownRevision(revision.slice(revision.indexOf("/") + 1)));
    return Promise.resolve();
  }

  handlerFor(revision: RevisionKey): Handler {
    return (exchange) => this.handle(revision, exchange);
  }

  /** Probes the revision's public Service. Resolves to undefined if no response comes. */
  probe(revision: RevisionKey, headers: RawHeaders): Promise<LocalReply | undefined> {
    const [namespace, name] = revision.split("/");
    const host = `${name}.${namespace}.svc.cluster.local`;
    return sendProbe(this.handlerFor(revision), { host, headers, peer: this.#options.address });
  }

  /** Ends the report period of all revisions and returns their statistics. Called every second. */
  report(now: Time): ReadonlyMap<RevisionKey, Stat> {
    return this.#stats.report(now);
  }

  loadOf(revision: RevisionKey): PathLoad {
    const path = this.#paths.get(revision);
    return { inFlight: path?.inFlight ?? 0, waiting: path?.waiting ?? 0, proxied: path?.isProxied ?? true };
  }

  /** Ends all waits and probes. Requests in flight continue. */
  close(): void {
    this.#stopping = true;
    for (const revision of [...this.#paths.keys()]) this.forget(revision);
  }

  #started(revision: RevisionKey, now: Time): void {
    const stat = this.#stats.started(revision, now);
    if (stat) this.#firstRequests.emit({ revision, stat });
  }
}
