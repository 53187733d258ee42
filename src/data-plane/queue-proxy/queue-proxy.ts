// The queue-proxy of one pod: every request to its container passes here. It answers probes, limits concurrency, counts, times out and drains;
// it starts no container and listens on no port.

import type { PodAddress } from "../../base/address.ts";
import type { Clock, Time } from "../../base/clock.ts";
import { sendReplyAfterBody } from "../http/after-body.ts";
import {
  MISSING_PROBE_HASH,
  makeReply,
  makeUnexpectedProbe,
  NOT_READY,
  REQUEST_TIMEOUT_TEXT,
  SHUTTING_DOWN,
} from "../http/errors.ts";
import type { Exchange, Handler } from "../http/exchange.ts";
import type { Forwarder, ForwarderFactory, ForwardOutcome, Upstream } from "../http/forwarder.ts";
import type { ProbeResult } from "../probe/probe-result.ts";
import { type PeriodReport, RequestStats } from "../stats/request-stats.ts";
import { Breaker } from "./breaker.ts";
import type { QueueProxyConfig } from "./config.ts";
import { DeadlineQueue } from "./deadline-queue.ts";
import { Drain } from "./drain.ts";
import { measure } from "./measure.ts";
import { Readiness } from "./readiness.ts";
import { RequestContext, type RequestContextOwner, StartDeadline } from "./request-context.ts";
import { makeContainerHeaders, type RequestFacts, readFacts } from "./request-facts.ts";
import { RequestLog } from "./request-log.ts";
import { UserMetrics } from "./user-metrics.ts";

export interface QueueProxyOptions {
  readonly config: QueueProxyConfig;
  /** Without a protocol the container is spoken to as the client spoke: HTTP/2 in, h2c out. */
  readonly upstream: Omit<Upstream, "protocol"> & { readonly protocol?: Upstream["protocol"] };
  readonly forwarders: ForwarderFactory;
  readonly clock: Clock;
  /** The clock of statistics; may be virtual, when timeouts, probes and drain are not. Absent: `clock`. */
  readonly statsClock?: Clock;
  /** Where a port of the pod is reached; absent: the same port on the upstream's host. */
  readonly addressOf?: (port: number) => PodAddress;
  /** See {@link Readiness}; default true. */
  readonly eagerStart?: boolean;
}

const DONE = Promise.resolve();
const STAT_PERIOD_MS = 1_000;
const HEALTH_AGENTS = ["kube-probe/", "Knative-Activator-Probe", "Knative-Autoscaling-Probe"];

/** `pkg/queue/sharedmain/handlers.go`; the order of the chain is that of Q8. */
export class QueueProxy implements RequestContextOwner {
  readonly handle: Handler;
  readonly upstream: PodAddress;
  readonly timeoutText = REQUEST_TIMEOUT_TEXT;
  readonly holdsResponse: boolean;
  readonly drain: Drain;
  readonly #options: QueueProxyOptions;
  readonly #clock: Clock;
  readonly #statsClock: Clock;
  readonly #breaker: Breaker;
  readonly #limited: boolean;
  readonly #totals: DeadlineQueue;
  readonly #starts: DeadlineQueue | undefined;
  readonly #idleMs: number;
  readonly #stats: RequestStats;
  readonly #readiness: Readiness;
  readonly #metrics: UserMetrics | undefined;
  readonly #log: RequestLog | undefined;
  readonly #openedAt: Time;
  readonly #forwarders: { http1?: Forwarder; h2c?: Forwarder } = {};
  #last: PeriodReport;
  #reportedAt: Time;
  #tick: Disposable;
  #closed = false;

  constructor(options: QueueProxyOptions) {
    const { config, clock, upstream } = options;
    this.#options = options;
    this.#clock = clock;
    this.#statsClock = options.statsClock ?? clock;
    this.upstream = { host: upstream.host, port: upstream.port };
    this.handle = (exchange) => this.#serve(exchange);
    this.drain = new Drain(clock);
    this.#breaker = new Breaker(config.containerConcurrency);
    this.holdsResponse = config.fullDuplex !== true;
    this.#limited = config.containerConcurrency > 0;
    this.#totals = new DeadlineQueue(clock, config.timeoutSeconds * 1000);
    const startMs = config.responseStartTimeoutSeconds * 1000;
    if (startMs > 0) this.#starts = new DeadlineQueue(clock, startMs);
    this.#idleMs = config.idleTimeoutSeconds * 1000;
    this.#openedAt = this.#statsClock.now();
    this.#stats = new RequestStats(this.#openedAt);
    this.#last = this.#stats.report(this.#openedAt);
    this.#readiness = new Readiness({
      probes: config.readinessProbes,
      clock,
      addressOf: options.addressOf ?? ((port) => ({ host: upstream.host, port })),
      detectHttp2: config.detectHttp2 ?? false,
      eagerStart: options.eagerStart ?? true,
    });
    if (config.userMetrics) this.#metrics = new UserMetrics(config.identity, this.upstream);
    if (config.requestLog && config.requestLog.template !== "") {
      this.#log = new RequestLog(config.requestLog, config.identity);
    }
    this.#reportedAt = this.#openedAt;
    this.#tick = this.#scheduleReport();
  }

  /** Requests in the pod now: queued and running ones, upgraded connections included. */
  get inFlight(): number {
    return this.drain.plain + this.drain.upgraded;
  }

  /** One evaluation of the readiness probes; who asks meanwhile shares it. False while draining. */
  async ready(): Promise<boolean> {
    return (await this.checkReadiness()).ok;
  }

  /** As {@link ready}, with the reason. */
  checkReadiness(): Promise<ProbeResult> {
    if (this.drain.active) return Promise.resolve({ ok: false, message: "shutting down" });
    return this.#readiness.evaluate();
  }

  /** The last closed second, as the autoscaler scrapes it. */
  report(): PeriodReport & { readonly processUptimeSeconds: number } {
    return { ...this.#last, processUptimeSeconds: (this.#reportedAt - this.#openedAt) / 1000 };
  }

  /** The user's metrics in Prometheus text; "" unless they are configured. */
  metricsText(): string {
    return this.#metrics?.text() ?? "";
  }

  /** After the pod has drained: nothing dials the container any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#tick[Symbol.dispose]();
    this.#totals.close();
    this.#starts?.close();
    this.#readiness.close();
    await Promise.all([this.#forwarders.http1?.close(), this.#forwarders.h2c?.close()]);
  }

  now(): Time {
    return this.#clock.now();
  }

  dispatch(context: RequestContext): Promise<ForwardOutcome> {
    if (this.#limited) this.#metrics?.recordDepth(this.#breaker.inFlight);
    return this.#forwarderFor(context.exchange).forward(context.exchange, context);
  }

  leaveLine(context: RequestContext): void {
    this.#breaker.leave(context);
  }

  onUpgraded(): void {
    this.drain.upgrade();
  }

  #serve(exchange: Exchange): Promise<void> {
    const facts = readFacts(exchange.headers);
    const probe = this.#probeReply(exchange, facts);
    if (probe !== undefined) return probe;
    if (exchange.target === "*" && exchange.method === "OPTIONS") {
      // Go's server answers this one itself (`net/http` globalOptionsHandler).
      sendReplyAfterBody(exchange, makeReply(200));
      return DONE;
    }
    return this.#pass(exchange, facts);
  }

  /** Probes and drain replies come before timeouts, breaker and statistics (`pkg/network/handlers/drain.go`). */
  #probeReply(exchange: Exchange, facts: RequestFacts): Promise<void> | undefined {
    const { userAgent, networkProbe, networkHash } = facts;
    const health = userAgent !== undefined && HEALTH_AGENTS.some((agent) => userAgent.startsWith(agent));
    if (!health && networkProbe !== "probe") return undefined;
    if (this.drain.active) sendReplyAfterBody(exchange, SHUTTING_DOWN);
    else if (!health) {
      const reply = networkHash ? makeReply(200, "", ["K-Network-Hash", networkHash]) : MISSING_PROBE_HASH;
      sendReplyAfterBody(exchange, reply);
    } else if (networkProbe !== "queue") sendReplyAfterBody(exchange, makeUnexpectedProbe(networkProbe ?? ""));
    else return this.#answerHealth(exchange);
    return DONE;
  }

  async #answerHealth(exchange: Exchange): Promise<void> {
    const { ok } = await this.#readiness.evaluate();
    sendReplyAfterBody(exchange, ok ? makeReply(200, "queue") : NOT_READY);
  }

  async #pass(exchange: Exchange, facts: RequestFacts): Promise<void> {
    const now = this.#clock.now();
    const headers = makeContainerHeaders(exchange.headers, facts, exchange.peer);
    const context = new RequestContext(this, exchange, facts, headers, now);
    exchange.marks.pod ??= this.#options.config.identity.pod;
    this.drain.enter();
    this.#startTimers(context, exchange.timers?.since ?? now);
    // What the kubelet asks the container through us is neither limited nor counted.
    const counted = !facts.kubeletProbe;
    if (counted) this.#stats.started(this.#statsTime(now), facts.proxied === true);
    const door = counted ? this.#breaker.enter(context) : "run";
    if (door === "full") context.refuse();
    else if (door === "run" || (await context.waitInLine())) {
      await context.forward();
      if (counted) this.#breaker.release();
    }
    const over = this.#clock.now();
    this.#totals.remove(context);
    if (context.start !== undefined) this.#starts?.remove(context.start);
    if (counted) this.#stats.ended(this.#statsTime(over), facts.proxied === true);
    this.drain.leave(context.upgraded);
    if (this.#metrics !== undefined || this.#log !== undefined) this.#note(context, over);
  }

  /** `since`: the arrival here, or at the activator, whose clock started first. */
  #startTimers(context: RequestContext, since: Time): void {
    this.#totals.add(context, since);
    if (this.#starts !== undefined) {
      context.start = new StartDeadline(context);
      this.#starts.add(context.start, since);
    }
    if (this.#idleMs > 0) this.#watchIdle(context, since + this.#idleMs);
  }

  /** "Never written" is as long ago as can be; bytes of the request or of an upgraded connection are no writes. */
  #watchIdle(context: RequestContext, at: Time): void {
    this.#clock.at(at, () => {
      if (context.state === "over") return;
      const next = context.lastWriteAt === undefined ? at : context.lastWriteAt + this.#idleMs;
      if (next > this.#clock.now()) this.#watchIdle(context, next);
      else context.due();
    });
  }

  #forwarderFor(exchange: Exchange): Forwarder {
    const { upstream, forwarders, config } = this.#options;
    const protocol = upstream.protocol ?? (exchange.version === "2" ? "h2c" : "http1");
    let forwarder = this.#forwarders[protocol];
    if (forwarder === undefined) {
      const maxIdle = this.#limited ? config.containerConcurrency : undefined;
      forwarder = forwarders.open({ ...upstream, protocol, ...(maxIdle === undefined ? {} : { maxIdle }) });
      this.#forwarders[protocol] = forwarder;
    }
    return forwarder;
  }

  #note(context: RequestContext, over: Time): void {
    const { exchange, facts, headers, truncated, startedAt, sentBytes } = context;
    const probe = Boolean(facts.kubeletProbe || facts.networkProbe);
    const latencyMs = over - startedAt;
    if (this.#log !== undefined && (this.#log.probes || !probe)) {
      // What breaks off in mid-answer is a panic in Knative, and logged as one.
      const [status, size] = truncated ? [500, 0] : [context.status, sentBytes];
      this.#log.log({ exchange, headers, status, size, latencyMs });
    }
    if (!probe) this.#metrics?.record(measure(context, latencyMs, over));
  }

  /** Mostly both clocks are one, and it has just been read. */
  #statsTime(now: Time): Time {
    return this.#statsClock === this.#clock ? now : this.#statsClock.now();
  }

  #scheduleReport(): Disposable {
    return this.#statsClock.at(this.#reportedAt + STAT_PERIOD_MS, () => {
      if (this.#closed) return;
      this.#reportedAt = this.#statsClock.now();
      this.#last = this.#stats.report(this.#reportedAt);
      this.#tick = this.#scheduleReport();
    });
  }
}
