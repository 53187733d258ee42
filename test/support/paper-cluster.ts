// Runs all planners on one store without a container engine, in an order that the test chooses, with a simulated
// kubelet.

import { admit } from "../../src/apis/admission.ts";
import { makeServingConfig } from "../../src/apis/config/serving-config.ts";
import type { ServingConfig } from "../../src/apis/config/types.ts";
import type { CoreCondition, Pod } from "../../src/apis/core/types.ts";
import type { Kind } from "../../src/apis/kinds.ts";
import type { AdmissionRequest } from "../../src/apis/meta/admission.ts";
import { keyOf, type ObjectKey } from "../../src/apis/meta/key.ts";
import type { AnyObject, StringMap } from "../../src/apis/meta/object.ts";
import type { Time } from "../../src/base/clock.ts";
import { timeText } from "../../src/base/time.ts";
import { applyStatus, applyWrites } from "../../src/control-plane/controller/apply-plan.ts";
import type {
  AnswerOf,
  EventNote,
  Inquiry,
  Plan,
  Reconciler,
  World,
} from "../../src/control-plane/controller/reconciler.ts";
import { knativePlanners, kubernetesPlanners } from "../../src/control-plane/reconciler/planners.ts";
import type { ObjectStore } from "../../src/control-plane/store/object-store.ts";
import { makeStore } from "./store.ts";
import { makeWorld } from "./world.ts";

const ROUNDS = 60;

/** Conditions of a Node that gets Pods. */
export const READY_NODE: readonly CoreCondition[] = [{ type: "Ready", status: "True" }];

export interface PaperCluster {
  readonly store: ObjectStore;
  readonly events: EventNote[];
  now: Time;
  /** See `World.awakeSince`. */
  awakeSince: Time;
  /** The configuration for the next rounds. */
  configure(configMaps: Readonly<Record<string, StringMap>>): void;
  /** Runs one planner for one object and applies its plan. */
  work: (planner: Reconciler, key: ObjectKey) => Plan;
  /**
   * Runs all planners for all objects in the given order until a round writes nothing. Returns false if that never
   * happens.
   */
  settle(order?: <T>(items: readonly T[]) => readonly T[]): boolean;
}

export interface PaperOptions {
  readonly configMaps?: Readonly<Record<string, StringMap>>;
  /** Returns false for an object that the store accepts without admission. Default: admission for all objects. */
  readonly needsAdmission?: (object: AnyObject) => boolean;
  /** Default: digests resolve, the gateway serves, the activator is in the path. */
  readonly answers?: (question: Inquiry) => AnswerOf<Inquiry> | undefined;
  /** Returns the status of a scheduled pod; by default it is ready at once. */
  readonly kubelet?: (pod: Pod, index: number) => Pod["status"] | undefined;
}

/** Makes a cluster with only a Node and the activator's Endpoints, at 2024-05-01T10:00:00Z. */
export function makePaperCluster({
  configMaps = {},
  needsAdmission = () => true,
  answers = agree,
  kubelet = readyAtOnce,
}: PaperOptions = {}): PaperCluster {
  let config = configOf(configMaps);
  const admission = (request: AdmissionRequest) =>
    needsAdmission(request.object) ? admit(request, config) : { object: request.object, warnings: [] };
  const cluster: PaperCluster = {
    store: makeStore({ admission }),
    events: [],
    now: Date.UTC(2024, 4, 1, 10),
    awakeSince: 0,
    configure: (maps) => {
      config = configOf(maps);
    },
    work: (planner, key) => {
      const object = cluster.store.get(key.kind, key.namespace, key.name) as AnyObject | undefined;
      if (!object) return {};
      const { now, awakeSince } = cluster;
      const world = makeWorld(cluster.store, config, { now, awakeSince, answer: answers as World["answer"] });
      const plan = planner.reconcile(object as never, world);
      applyWrites(cluster.store, object, plan);
      applyStatus(cluster.store, key, plan);
      cluster.events.push(...(plan.events ?? []));
      return plan;
    },
    settle: (order = (items) => items) => {
      for (let round = 0; round < ROUNDS; round++) {
        const before = cluster.store.version;
        for (const { planner, key } of order(tasks(cluster.store))) cluster.work(planner, key);
        runPods(cluster, kubelet);
        cluster.store.collectGarbage();
        if (cluster.store.version === before) return true;
      }
      return false;
    },
  };
  cluster.store.create({ apiVersion: "v1", kind: "Node", metadata: { name: "paper" } });
  cluster.store.writeStatus({ kind: "Node", namespace: "", name: "paper" }, { conditions: READY_NODE });
  cluster.store.create(activator());
  return cluster;
}

/** Makes a Knative Service with one container and the given spec. */
export function knativeService(
  name: string,
  image: string,
  more: { spec?: object; template?: object } = {},
): AnyObject {
  const template = { spec: { containers: [{ image }] }, ...more.template };
  return {
    apiVersion: "serving.knative.dev/v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: { template, ...more.spec },
  };
}

function configOf(configMaps: Readonly<Record<string, StringMap>>): ServingConfig {
  return makeServingConfig(new Map(Object.entries({ "config-domain": { "example.com": "" }, ...configMaps }))).config;
}

function tasks(store: ObjectStore): readonly { planner: Reconciler; key: ObjectKey }[] {
  return [...knativePlanners, ...kubernetesPlanners].flatMap((planner) =>
    (store.list(planner.kind as Kind) as readonly AnyObject[]).map((object) => ({ planner, key: keyOf(object) })),
  );
}

function runPods({ store, now }: PaperCluster, kubelet: (pod: Pod, index: number) => Pod["status"] | undefined): void {
  for (const [index, pod] of store.list("Pod").entries()) {
    const key = { kind: "Pod", namespace: pod.metadata.namespace ?? "", name: pod.metadata.name } as const;
    if (pod.metadata.deletionTimestamp !== undefined) store.confirmDeleted(key, pod.metadata.uid ?? "");
    // Property tests store Pods without a spec.
    else if (pod.spec?.nodeName !== undefined && pod.status?.startTime === undefined) {
      const status = kubelet(pod, index);
      if (status)
        store.writeStatus(key, { conditions: pod.status?.conditions ?? [], ...status, startTime: timeText(now) });
    }
  }
}

function readyAtOnce(pod: Pod, index: number): Pod["status"] {
  const ready = { type: "Ready", status: "True", lastTransitionTime: "2024-05-01T10:00:00Z" } as const;
  return { phase: "Running", podIP: `10.0.0.${index + 1}`, conditions: [...(pod.status?.conditions ?? []), ready] };
}

/** Digests resolve, the gateway serves, the activator is in the path. */
export function agree(question: Inquiry): AnswerOf<Inquiry> {
  if (question.ask === "Digest") return { digest: `${question.image.split(":")[0]}@sha256:${"0".repeat(64)}` };
  return question.ask === "MetricCollection" ? { error: "" } : { ok: true };
}

function activator(): AnyObject {
  const ports = [
    { name: "http", port: 8012 },
    { name: "http2", port: 8013 },
    { name: "https", port: 8112 },
  ];
  return {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: { name: "activator-service", namespace: "knative-serving" },
    subsets: [{ addresses: [{ ip: "10.9.0.1" }], ports }],
  } as AnyObject;
}
