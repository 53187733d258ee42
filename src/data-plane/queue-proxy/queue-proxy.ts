// Implements the queue-proxy of one pod: probe replies, concurrency limit, statistics, timeouts and drain.

import type { PodAddress } from "../../base/address.ts";
import type { Clock, Time } from "../../base/clock.ts";
import { sendReplyAfterBody } from "../http/after-body.ts";
import { MISSING_PROBE_HASH, makeReply, makeUnexpectedProbe, NOT_READY, SHUTTING_DOWN } from "../http/errors.ts";
import type { Exchange, PodHandler, TakeBack } from "../http/exchange.ts";
import type { Forwarder, ForwarderFactory, Upstream } from "../http/forwarder.ts";
import type { ProbeResult } from "../probe/probe-result.ts";
import { type PeriodReport, RequestStats } from "../stats/request-stats.ts";
import { Breaker } from "./breaker.ts";
import type { QueueProxyConfig } from "./config.ts";
import { Drain } from "./drain.ts";
import { Readiness } from "./readiness.ts";
import { RequestContext, type SharedState } from "./request-context.ts";
import { makeContainerHeaders, type RequestFacts, readFacts } from "./request-facts.ts";
import { type RequestFault, withFault } from "./request-fault.ts";
import { RequestLog } from "./request-log.ts";
import { RequestSteps } from "./request-steps.ts";
import { type MeasuredRequest, routeTagOf, UserMetrics } from "./user-metrics.ts";

export interface QueueProxyOptions {
  readonly config: QueueProxyConfig;
  /** Without a protocol, the container gets the protocol of the client: h2c for HTTP/2. */
  readonly upstream: Omit<Upstream, "protocol"> & { readonly protocol?: Upstream["protocol"] };
  readonly forwarders: ForwarderFactory;
  readonly clock: Clock;
  /** Clock of statistics, possibly virtual; default `clock`. */
  readonly statsClock?: Clock;
  /** The address of a port of the pod; default: the same port on the upstream's host. */
  readonly addressOf?: (port: number) => PodAddress;
  /** Called for each counted request: what fails in it; undefined: nothing. */
  readonly nextFault?: (() => RequestFault | undefined) | undefined;
}

const DONE = Promise.resolve();
const STAT_PERIOD_MS = 1_000;
const HEALTH_AGENTS = ["kube-probe/", "Knative-Activator-Probe", "Knative-Autoscaling-Probe"];

/** Checks a request in the order of Knative's handler chain (Q8). @see pkg/queue/sharedmain/handlers.go */
export class QueueProxy {
  readonly handle: PodHandler;
  readonly drain: Drain;
  readonly #options: QueueProxyOptions;
  readonly #statsClock: Clock;
  readonly #shared: SharedState;
  readonly #steps: RequestSteps;
  readonly #breaker: Breaker;
  readonly #limited: boolean;
  readonly #stats: RequestStats;
  readonly #readiness: Readiness;
  readonly #metrics: UserMetrics | undefined;
  readonly #log: RequestLog | undefined;
  readonly #openedAt: Time;
  readonly #forwarders: { http1?: Forwarder; h2c?: Forwarder } = {};
  #lastReport: PeriodReport;
  #reportedAt: Time;
  #tick: Disposable;
  #closed = false;

  constructor(options: QueueProxyOptions) {
    const { config, clock } = options;
    const upstream = { host: options.upstream.host, port: options.upstream.port };
    this.#options = options;
    this.#statsClock = options.statsClock ?? clock;
    this.handle = (exchange, takeBack) => this.#serve(exchange, takeBack);
    this.drain = new Drain(clock);
    this.#breaker = new Breaker(config.containerConcurrency);
    this.#limited = config.containerConcurrency > 0;
    this.#shared = { clock, drain: this.drain, delaysResponse: config.fullDuplex !== true };
    this.#steps = new RequestSteps({ shared: this.#shared, breaker: this.#breaker, config, upstream });
    this.#openedAt = this.#statsClock.now();
    this.#reportedAt = this.#openedAt;
    this.#stats = new RequestStats(this.#openedAt);
    this.#lastReport = this.#stats.report(this.#openedAt);
    this.#readiness = new Readiness({
      probes: config.readinessProbes,
      clock,
      addressOf: options.addressOf ?? ((port) => ({ host: upstream.host, port })),
      detectHttp2: config.detectHttp2 ?? false,
    });
    if (config.userMetrics) this.#metrics = new UserMetrics(config.identity, upstream);
    if (config.requestLog && config.requestLog.template !== "") {
      this.#log = new RequestLog(config.requestLog, config.identity);
    }
    this.#tick = this.#scheduleReport();
  }

  /** Requests in the pod: waiting, running and upgraded. */
  get inFlight(): number {
    return this.drain.plain + this.drain.upgraded;
  }

  /** Evaluates the readiness probes. Concurrent calls share one evaluation. False while draining. */
  async ready(): Promise<boolean> {
    return (await this.checkReadiness()).ok;
  }

  /** Like {@link ready}, but returns the reason too. */
  checkReadiness(): Promise<ProbeResult> {
    if (this.drain.active) return Promise.resolve({ ok: false, message: "shutting down" });
    return this.#readiness.evaluate();
  }

  /** Statistics of the last full second, for the autoscaler. */
  report(): PeriodReport & { readonly processUptimeSeconds: number } {
    return { ...this.#lastReport, processUptimeSeconds: (this.#reportedAt - this.#openedAt) / 1000 };
  }

  /** Returns the user's metrics in Prometheus text; "" without metrics. */
  metricsText(): string {
    return this.#metrics?.text() ?? "";
  }

  /** Closes after the drain. The container is not dialled again. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#tick[Symbol.dispose]();
    this.#steps.close();
    this.#readiness.close();
    await Promise.all([this.#forwarders.http1?.close(), this.#forwarders.h2c?.close()]);
  }

  #serve(exchange: Exchange, takeBack: TakeBack | undefined): Promise<void> {
    const facts = readFacts(exchange.headers);
    const probe = this.#probeReply(exchange, facts);
    if (probe !== undefined) return probe;
    if (exchange.target === "*" && exchange.method === "OPTIONS") {
      // Go's server replies to this request itself (`net/http` globalOptionsHandler).
      sendReplyAfterBody(exchange, makeReply(200));
      return DONE;
    }
    return this.#pass(exchange, facts, takeBack);
  }

  /** Replies to probes, before timeouts, breaker and statistics (`pkg/network/handlers/drain.go`). */
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

  async #pass(exchange: Exchange, facts: RequestFacts, takeBack: TakeBack | undefined): Promise<void> {
    const { clock, drain } = this.#shared;
    const now = clock.now();
    const headers = makeContainerHeaders(exchange.headers, facts, exchange.peer);
    const context = new RequestContext(this.#shared, exchange, facts, headers, now);
    context.takeBack = takeBack;
    exchange.timing.pod ??= this.#options.config.identity.pod;
    drain.enter();
    this.#steps.startDeadlines(context, exchange.timers?.since ?? now);
    // The kubelet's probes of the container are neither limited nor counted.
    const counted = !facts.kubeletProbe;
    const proxied = facts.proxyRequest === "activator";
    if (counted) this.#stats.started(this.#statsTime(now), proxied);
    const fault = counted ? this.#options.nextFault?.() : undefined;
    const isFull = fault?.end?.kind === "queue full";
    const entered = isFull ? "full" : counted ? this.#breaker.enter(context) : "run";
    if (entered === "full") this.#steps.rejectFull(context);
    else if (entered === "run" || (await this.#steps.waitForSlot(context))) {
      if (this.#limited) this.#metrics?.recordDepth(this.#breaker.inFlight);
      const forwarder = this.#forwarderFor(exchange);
      await this.#steps.forward(context, fault ? withFault(forwarder, fault, clock) : forwarder);
      if (counted) this.#breaker.release();
    }
    const endedAt = clock.now();
    this.#steps.stopDeadlines(context);
    if (counted) this.#stats.ended(this.#statsTime(endedAt), proxied);
    drain.leave(context.upgraded);
    if (context.state === "taken back") return;
    if (this.#metrics !== undefined || this.#log !== undefined) this.#record(context, endedAt);
  }

  #forwarderFor(exchange: Exchange): Forwarder {
    const { upstream, forwarders, config } = this.#options;
    const protocol = upstream.protocol ?? (exchange.version === "2" ? "h2c" : "http1");
    let forwarder = this.#forwarders[protocol];
    if (forwarder === undefined) {
      const maxIdle = this.#limited ? config.containerConcurrency : undefined;
      forwarder = forwarders.open({ ...upstream, protocol, maxIdle });
      this.#forwarders[protocol] = forwarder;
    }
    return forwarder;
  }

  #record(context: RequestContext, endedAt: Time): void {
    const { exchange, facts, headers, truncated, startedAt, sentBytes } = context;
    const probe = Boolean(facts.kubeletProbe || facts.networkProbe);
    const latencyMs = endedAt - startedAt;
    if (this.#log !== undefined && (this.#log.probes || !probe)) {
      // In Knative a broken response is a panic and logged as 500.
      const [status, size] = truncated ? [500, 0] : [context.status, sentBytes];
      this.#log.log({ exchange, headers, status, size, latencyMs });
    }
    if (!probe) this.#metrics?.record(measure(context, latencyMs, endedAt));
  }

  /** The two clocks are usually the same and were just read. */
  #statsTime(now: Time): Time {
    return this.#statsClock === this.#options.clock ? now : this.#statsClock.now();
  }

  #scheduleReport(): Disposable {
    return this.#statsClock.at(this.#reportedAt + STAT_PERIOD_MS, () => {
      if (this.#closed) return;
      this.#reportedAt = this.#statsClock.now();
      this.#lastReport = this.#stats.report(this.#reportedAt);
      this.#tick = this.#scheduleReport();
    });
  }
}

/** Knative measures status 200 if the container never responded, and 500 if its response broke off. */
function measure(context: RequestContext, totalMs: number, endedAt: Time): MeasuredRequest {
  const { exchange, facts, status, truncated, forwardedAt, headAt = endedAt, headStatus } = context;
  return {
    method: exchange.method,
    status: truncated ? undefined : status,
    routeTag: routeTagOf(facts.tag ?? "", facts.defaultRoute ?? ""),
    host: exchange.host,
    version: exchange.version,
    requestBytes: context.requestBytes,
    responseBytes: context.sentBytes,
    totalMs,
    invocation:
      forwardedAt === undefined
        ? undefined
        : {
            ms: endedAt - forwardedAt,
            status: truncated ? 500 : (headStatus ?? (status === 502 ? 502 : 200)),
            untilHeadMs: headAt - forwardedAt,
            headStatus,
          },
  };
}
