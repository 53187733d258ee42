// The control plane of one session, wired: store, configuration, planners' engine, autoscaler. It knows no socket and no container, so the
// simulation wires the same one to paper pods.
import type { RevisionKey, Stat } from "../apis/autoscaling/types.ts";
import { SYSTEM_NAMESPACE } from "../apis/config/serving-config.ts";
import type { ServingConfig } from "../apis/config/types.ts";
import { keyOf } from "../apis/kinds.ts";
import type { Admission } from "../apis/meta/admission.ts";
import type { AnyObject, StringMap } from "../apis/meta/object.ts";
import type { Clock, Time } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { ReadyPod } from "../control-plane/autoscaler/ready-pods.ts";
import { AutoscalerTick, type TickOptions } from "../control-plane/autoscaler/tick.ts";
import { Controller } from "../control-plane/controller/controller.ts";
import type { Inquire } from "../control-plane/controller/inquiries.ts";
import { knativePlanners, kubernetesPlanners } from "../control-plane/reconciler/planners.ts";
import { ObjectStore } from "../control-plane/store/object-store.ts";
import { type GatewayPorts, gatewayPorts, makeGatewayServices, publicGatewayKey } from "../gateway/gateway-services.ts";
import { type ConfigWatch, watchConfig, withBuiltInDomain } from "./config-watch.ts";

/** Chance, given from outside so that a simulation can repeat itself. */
export interface RandomSource {
  uid(): string;
  /** Five characters for generateName. */
  suffix(): string;
  /** In [0, 1). */
  random(): number;
}

export interface ControlPlaneOptions {
  readonly clock: Clock;
  readonly awakeSince?: () => Time;
  readonly chance: RandomSource;
  readonly defer: (run: () => void) => void;
  readonly elapsedMs?: () => number;
  readonly configMaps: ReadonlyMap<string, StringMap>;
  /** What there is from the start beside namespaces and ConfigMaps: the Node, the activator's Endpoints. */
  readonly objects: readonly AnyObject[];
  readonly ingressPort: number;
  /** undefined while https is not served. */
  readonly httpsPort?: () => number | undefined;
  readonly admission: (config: () => ServingConfig) => Admission;
  readonly inquire: Inquire;
  readonly activatorStats: (now: Time) => ReadonlyMap<RevisionKey, Stat>;
  readonly podStat: (pod: ReadyPod, now: Time) => Stat | undefined;
  /** What containers use, for the HPA class; absent where there are none. */
  readonly usage?: TickOptions["usage"];
  readonly log: Logger;
}

export interface ControlPlane extends Disposable {
  readonly store: ObjectStore;
  readonly controller: Controller;
  readonly tick: AutoscalerTick;
  readonly config: () => ServingConfig;
  /** The configuration is read anew: a port in it has changed. */
  reconfigure(): void;
}

/** Makes everything and fills the store; planners first look when `controller.start()` is called. */
export function makeControlPlane(options: ControlPlaneOptions): ControlPlane {
  const { clock, chance, log } = options;
  let config: ConfigWatch | undefined;
  const current = (): ServingConfig => {
    if (!config) throw new Error("the configuration is read before the store has it");
    return config.current();
  };
  const admission = options.admission(current);
  const store = new ObjectStore({
    clock,
    random: chance,
    admission: (request) => (config ? admission(request) : { object: request.object, warnings: [] }),
    onError: (error) => log.error("watcher threw", { error }),
  });
  const ports = (): GatewayPorts => ({ http: options.ingressPort, https: options.httpsPort?.() });
  const configMaps = configMapObjects(withBuiltInDomain(options.configMaps));
  seed(store, [...configMaps, ...makeGatewayServices(ports()), ...options.objects]);
  const collection = new CollectionAnswers();
  const controller = new Controller({
    store,
    clock,
    reconcilers: [...kubernetesPlanners, ...knativePlanners],
    ...(options.awakeSince && { awakeSince: options.awakeSince }),
    config: current,
    advice: () => tick.autoscaler.advice,
    inquire: collection.beside(options.inquire),
    defer: options.defer,
    ...(options.elapsedMs && { elapsedMs: options.elapsedMs }),
    notes: (notes) => {
      for (const note of notes) tick.autoscaler.note(note);
    },
    log,
  });
  config = watchConfig({
    store,
    ingressPort: options.ingressPort,
    httpsPort: options.httpsPort ?? (() => undefined),
    onChange: () => {
      tick.configure();
      controller.resync();
    },
    log,
  });
  const tick = new AutoscalerTick({
    clock,
    random: chance.random,
    config: () => current().autoscaler,
    podStat: options.podStat,
    activatorStats: options.activatorStats,
    ...(options.usage && { usage: options.usage }),
    onAdvice: (revision) => controller.enqueue(podAutoscalerKey(revision)),
    onCollection: (revision, error) => collection.set(revision, error),
  });
  const watch = store.watch({ since: 1 }, (event) => tick.observe(event));
  return {
    store,
    controller,
    tick,
    config: current,
    reconfigure: () => {
      store.patchMerge(publicGatewayKey, { spec: { ports: gatewayPorts(ports()) } });
      config?.refresh();
    },
    [Symbol.dispose]: () => {
      tick.close();
      if (!("refused" in watch)) watch[Symbol.dispose]();
      config?.[Symbol.dispose]();
      controller[Symbol.dispose]();
    },
  };
}

function seed(store: ObjectStore, objects: readonly AnyObject[]): void {
  for (const { status, ...object } of objects) {
    const made = store.create(object as AnyObject);
    if ("refused" in made) throw new Error(`the session's own ${object.kind} was refused: ${made.refused.message}`);
    if (status !== undefined) store.writeStatus(keyOf(made.object), status);
  }
}

function configMapObjects(configMaps: ReadonlyMap<string, StringMap>): readonly AnyObject[] {
  return [...configMaps].map(([name, data]) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: SYSTEM_NAMESPACE },
    data,
  }));
}

function podAutoscalerKey(revision: RevisionKey) {
  const slash = revision.indexOf("/");
  return {
    kind: "PodAutoscaler.autoscaling.internal.knative.dev",
    namespace: revision.slice(0, slash),
    name: revision.slice(slash + 1),
  } as const;
}

/** Whether collecting a revision's metric works: known to the tick, asked for by the metric planner. */
class CollectionAnswers {
  readonly #errors = new Map<RevisionKey, string>();
  readonly #waiting = new Map<RevisionKey, (answer: { readonly error: string }) => void>();

  set(revision: RevisionKey, error: string): void {
    this.#errors.set(revision, error);
    this.#waiting.get(revision)?.({ error });
  }

  beside(inquire: Inquire): Inquire {
    return (question, done) => {
      if (question.ask !== "MetricCollection") return inquire(question, done);
      const answer = done as (answer: { readonly error: string }) => void;
      this.#waiting.set(question.revision, answer);
      answer({ error: this.#errors.get(question.revision) ?? "" });
    };
  }
}
