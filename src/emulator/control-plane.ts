// Makes the control plane of one session: reconcilers and autoscaler. It uses no sockets and no containers, so that the
// simulator can use it too.

import type { RevisionKey, Stat } from "../apis/autoscaling/types.ts";
import type { ServingConfig } from "../apis/config/types.ts";
import { parseNamespacedName } from "../apis/meta/key.ts";
import type { Clock, Time } from "../base/clock.ts";
import { Emitter } from "../base/emitter.ts";
import type { Logger } from "../base/logger.ts";
import type { ReadyPod } from "../control-plane/autoscaler/ready-pods.ts";
import { AutoscalerTick, type TickOptions } from "../control-plane/autoscaler/tick.ts";
import { Controller } from "../control-plane/controller/controller.ts";
import type { Inquire } from "../control-plane/controller/inquiries.ts";
import type { Inquiry } from "../control-plane/controller/reconciler.ts";
import { knativePlanners, kubernetesPlanners } from "../control-plane/reconciler/planners.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import type { FirstRequest } from "../data-plane/activator/activator.ts";
import type { SessionStore } from "./session-store.ts";

export interface ActivatorReports {
  /** Returns the statistics of the last second. */
  report(now: Time): ReadonlyMap<RevisionKey, Stat>;
  /** Reports the first request of a revision at once. */
  readonly onFirstRequest: Emitter<FirstRequest>["subscribe"];
}

/** Answers the reconcilers' questions. */
export interface InquirySource {
  readonly inquire: Inquire;
  /** Reports questions whose answers no longer hold. */
  readonly onStale: Emitter<Inquiry>["subscribe"];
}

export interface ControlPlaneOptions extends SessionStore {
  readonly clock: Clock;
  /** The clock of request statistics. Absent: `clock`. */
  readonly statsClock?: Clock;
  /** Absent: time never jumps. */
  readonly awakeSince?: () => Time;
  /** In [0, 1). */
  readonly random: () => number;
  /** Calls `run` in a later turn of the event loop. */
  readonly defer: (run: () => void) => void;
  /** Absent: a slice ends after a number of tasks instead of after 1 ms. */
  readonly elapsedMs?: () => number;
  readonly inquiries: InquirySource;
  readonly activator: ActivatorReports;
  /** The last second of a pod's queue-proxy. */
  readonly podStat: (pod: ReadyPod, now: Time) => Stat | undefined;
  /** Resource usage of containers, for the HPA class; absent if there are no containers. */
  readonly usage?: TickOptions["usage"];
  readonly log: Logger;
}

export interface ControlPlane extends Disposable {
  readonly store: ObjectStore;
  readonly config: () => ServingConfig;
  readonly controller: Controller;
  readonly tick: AutoscalerTick;
}

/** Reconcilers begin to work when `controller.start()` is called. */
export function makeControlPlane(options: ControlPlaneOptions): ControlPlane {
  const { store, config, activator, inquiries } = options;
  const advised = new Emitter<RevisionKey>();
  const collection = new CollectionAnswers();
  const tick = makeTick(options, advised, collection);
  const watch = store.watchSince(1, {}, (event) => tick.observe(event));
  const controller = makeController(options, tick, collection);
  const subscriptions = [
    activator.onFirstRequest(({ revision, stat }) => tick.receive(revision, stat)),
    advised.subscribe((revision) => controller.enqueue(podAutoscalerKey(revision))),
    inquiries.onStale((question) => controller.forget(question)),
    config.subscribe(() => {
      tick.configure();
      controller.resync();
    }),
  ];
  return {
    store,
    config: config.current,
    controller,
    tick,
    [Symbol.dispose]: () => {
      tick.close();
      if (watch.ok) watch.value[Symbol.dispose]();
      for (const subscription of subscriptions) subscription[Symbol.dispose]();
      controller[Symbol.dispose]();
    },
  };
}

function makeTick(
  { config, clock, statsClock, random, activator, podStat, usage }: ControlPlaneOptions,
  advised: Emitter<RevisionKey>,
  collection: CollectionAnswers,
): AutoscalerTick {
  return new AutoscalerTick({
    clock,
    ...(statsClock && { statsClock }),
    random,
    config: () => config.current().autoscaler,
    podStat,
    activatorStats: (now) => activator.report(now),
    ...(usage && { usage }),
    onAdvice: (revision) => advised.emit(revision),
    onCollection: (revision, error) => collection.set(revision, error),
  });
}

function makeController(options: ControlPlaneOptions, tick: AutoscalerTick, collection: CollectionAnswers): Controller {
  const { store, config, clock, awakeSince, elapsedMs, defer, inquiries, log } = options;
  return new Controller({
    store,
    clock,
    reconcilers: [...kubernetesPlanners, ...knativePlanners],
    ...(awakeSince && { awakeSince }),
    config: config.current,
    advice: () => tick.autoscaler.advice,
    inquire: collection.before(inquiries.inquire),
    defer,
    ...(elapsedMs && { elapsedMs }),
    onDecisions: (decisions) => {
      for (const decision of decisions) tick.autoscaler.addDecision(decision);
    },
    log,
  });
}

function podAutoscalerKey(revision: RevisionKey) {
  return { kind: "PodAutoscaler.autoscaling.internal.knative.dev", ...parseNamespacedName(revision) } as const;
}

/** Answers MetricCollection: whether the tick collects a revision's metric without errors. */
class CollectionAnswers {
  readonly #errors = new Map<RevisionKey, string>();
  readonly #askers = new Map<RevisionKey, (answer: { readonly error: string }) => void>();

  /** `error` is "" while collection works. */
  set(revision: RevisionKey, error: string): void {
    this.#errors.set(revision, error);
    this.#askers.get(revision)?.({ error });
  }

  /** Leaves all other questions to `inquire`. */
  before(inquire: Inquire): Inquire {
    return (question, done) => {
      if (question.ask !== "MetricCollection") return inquire(question, done);
      const answer = done as (answer: { readonly error: string }) => void;
      this.#askers.set(question.revision, answer);
      answer({ error: this.#errors.get(question.revision) ?? "" });
    };
  }
}
