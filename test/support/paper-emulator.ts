// Runs the emulator's control plane, activator and queue-proxies on virtual time, without sockets and with simulated
// pods.
import type { AnyObject } from "../../src/apis/meta/object.ts";
import { Emitter } from "../../src/base/emitter.ts";
import { ok } from "../../src/base/result.ts";
import { makeRandom } from "../../src/base/seeded-random.ts";
import { VirtualClock } from "../../src/base/virtual-clock.ts";
import type { Inquiry } from "../../src/control-plane/controller/reconciler.ts";
import { ActivatorProbe } from "../../src/control-plane/prober/activator-probe.ts";
import { Activator } from "../../src/data-plane/activator/activator.ts";
import { QueueProxies } from "../../src/node/agent/queue-proxies.ts";
import { RevisionBackends } from "../../src/node/agent/revision-backends.ts";
import { SessionFaults } from "../../src/node/agent/session-faults.ts";
import type { QueueProxyPort } from "../../src/node/kubelet/queue-proxy-port.ts";
import { answerTo, SimulatedCluster } from "../../src/simulator/simulated-cluster.ts";
import { PaperExchange, type PaperRequest } from "./paper-exchange.ts";
import { makePaperForwarders } from "./paper-forwarders.ts";

const EMULATOR_START = Date.UTC(2000, 0, 1);

export interface Answered {
  readonly exchange: PaperExchange;
  /** Virtual milliseconds from request to end; undefined while the request is open. */
  tookMs: number | undefined;
}

export class PaperEmulator {
  readonly clock = new VirtualClock(EMULATOR_START);
  readonly activator: Activator;
  readonly cluster: SimulatedCluster;
  /** Of requests. The simulated pods do not act on faults of the node. */
  readonly faults: SessionFaults;

  constructor(
    options: {
      readonly startUpMs?: number;
      readonly serviceMs?: number;
      readonly config?: Record<string, string>;
    } = {},
  ) {
    const { clock } = this;
    const random = makeRandom(3);
    const queueProxies = new QueueProxies({
      clock,
      faults: { next: (event, pod) => this.faults.next(event, pod) },
      forwarders: makePaperForwarders({ clock, serviceMs: () => options.serviceMs ?? 100 }),
    });
    const open = new Map<string, QueueProxyPort>();
    this.activator = new Activator({
      clock,
      random,
      podName: "activator",
      address: "10.213.255.2",
    });
    const stale = new Emitter<Inquiry>();
    const probe = new ActivatorProbe({
      clock,
      send: (revision, headers) => this.activator.probe(revision, headers),
      forget: (question) => stale.emit(question),
    });
    this.cluster = new SimulatedCluster({
      clock,
      random,
      configMaps: new Map([["config-autoscaler", options.config ?? {}]]),
      maxPods: undefined,
      startUpMs: options.startUpMs ?? 1000,
      startUpSpreadMs: 0,
      activator: this.activator,
      podStat: queueProxies.statOf,
      inquiries: {
        inquire: (question, done) => {
          if (question.ask === "ActivatorProbe") probe.inquire(question, done as never);
          else done(answerTo(question) as never);
        },
        onStale: stale.subscribe,
      },
      onStarted: (pod, podIP) => {
        const crash = () => Promise.resolve();
        const queueProxy = queueProxies.open({ pod, podIP, port: 8080, addressOf: () => undefined, crash });
        open.set(pod.metadata.uid ?? "", queueProxy);
      },
      onStopping: (pod, done) => {
        const queueProxy = open.get(pod.metadata.uid ?? "");
        void (queueProxy?.drain(0) ?? Promise.resolve()).then(async () => {
          await queueProxy?.close();
          done();
        });
      },
    });
    const jump = (byMs: number) => {
      clock.jump(byMs);
      return ok(undefined);
    };
    this.faults = new SessionFaults({ store: this.store, clock, jump });
    new RevisionBackends({ store: this.store, activator: this.activator, queueProxies });
  }

  get store() {
    return this.cluster.plane.store;
  }

  apply(object: AnyObject): void {
    const refused = this.cluster.apply([object]);
    if (refused.length > 0) throw new Error(refused.join("\n"));
  }

  /** Sends a request to a revision's public Service. */
  request(revision: `${string}/${string}`, request: PaperRequest = {}): Answered {
    const exchange = new PaperExchange(request);
    const answered: Answered = { exchange, tookMs: undefined };
    const since = this.clock.now();
    void this.activator.handle(revision, exchange).then(() => {
      answered.tookMs = this.clock.now() - since;
    });
    return answered;
  }

  /** Advances the time. All promises of one instant settle before the next one. */
  async advance(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    for (;;) {
      await this.#rest();
      const due = this.clock.nextDue();
      if (due === undefined || due > end) break;
      this.clock.runNext(end);
    }
    this.clock.advanceTo(end);
  }

  async advanceUntil(isDone: () => boolean, withinMs: number): Promise<number> {
    const since = this.clock.now();
    while (!isDone()) {
      if (this.clock.now() - since > withinMs) throw new Error(`not within ${withinMs} ms of virtual time`);
      await this.advance(100);
    }
    return this.clock.now() - since;
  }

  async #rest(): Promise<void> {
    for (let round = 0; round < 20; round += 1) {
      this.cluster.settle();
      await Promise.resolve();
    }
    await new Promise<void>((resolve) => process.nextTick(resolve));
    this.cluster.settle();
  }

  [Symbol.dispose](): void {
    this.faults.close();
    this.activator.close();
    this.cluster[Symbol.dispose]();
  }
}
