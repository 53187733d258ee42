// Stores the session's objects and live figures for the terminal UI. The model is immutable.
import type { PodAutoscaler } from "../apis/autoscaling/types.ts";
import { isPodServing } from "../apis/core/pod.ts";
import type { Event, Pod } from "../apis/core/types.ts";
import { namespacedName } from "../apis/meta/key.ts";
import type { Stored } from "../apis/meta/object.ts";
import type { ServerlessService } from "../apis/networking/types.ts";
import { SERVICE_LABEL } from "../apis/serving/labels.ts";
import type { Revision, Service } from "../apis/serving/types.ts";
import type { Live } from "../client/live.ts";

/** Objects by `namespace/name`. */
type Objects<T> = ReadonlyMap<string, T>;

export interface SessionModel {
  readonly services: Objects<Stored<Service>>;
  readonly revisions: Objects<Stored<Revision>>;
  readonly pods: Objects<Stored<Pod>>;
  readonly podAutoscalers: Objects<Stored<PodAutoscaler>>;
  readonly serverlessServices: Objects<Stored<ServerlessService>>;
  /** Newest last. */
  readonly events: readonly Event[];
  readonly live: Live | undefined;
  /** Ready pods of each Service, one sample per live report, newest last. */
  readonly history: ReadonlyMap<string, readonly number[]>;
}

/** The watched kinds and their fields of the model. */
export const watched = {
  "Service.serving.knative.dev": "services",
  "Revision.serving.knative.dev": "revisions",
  Pod: "pods",
  "PodAutoscaler.autoscaling.internal.knative.dev": "podAutoscalers",
  "ServerlessService.networking.internal.knative.dev": "serverlessServices",
} as const;
export type WatchedKind = keyof typeof watched;

/** An object of a watched kind. All of them are namespaced. */
type StoredObject =
  | Stored<Service>
  | Stored<Revision>
  | Stored<Pod>
  | Stored<PodAutoscaler>
  | Stored<ServerlessService>;

export type ModelChange =
  | { readonly type: "put"; readonly kind: WatchedKind; readonly object: StoredObject }
  | { readonly type: "drop"; readonly kind: WatchedKind; readonly object: StoredObject }
  /** A watch starts again and lists all objects anew. */
  | { readonly type: "restart"; readonly kind: WatchedKind }
  | { readonly type: "event"; readonly event: Event }
  | { readonly type: "live"; readonly live: Live };

/** The number of samples in the sparkline: one per second for a minute. */
export const HISTORY = 60;
const EVENTS = 100;

export const emptyModel: SessionModel = {
  services: new Map(),
  revisions: new Map(),
  pods: new Map(),
  podAutoscalers: new Map(),
  serverlessServices: new Map(),
  events: [],
  live: undefined,
  history: new Map(),
};

/** Counts the ready pods of a Service (`namespace/name`). */
export function readyPods(model: SessionModel, service: string): number {
  const own = [...model.pods.values()].filter(
    ({ metadata: { namespace, labels } }) =>
      namespacedName({ namespace, name: labels?.[SERVICE_LABEL] ?? "" }) === service,
  );
  return own.filter(isPodServing).length;
}

function withLive(model: SessionModel, live: Live): SessionModel {
  const history = new Map<string, readonly number[]>();
  for (const key of model.services.keys()) {
    history.set(key, [...(model.history.get(key) ?? []), readyPods(model, key)].slice(-HISTORY));
  }
  return { ...model, live, history };
}

/** Returns the model after a change. */
export function applyChange(model: SessionModel, step: ModelChange): SessionModel {
  switch (step.type) {
    case "put": {
      const field = watched[step.kind];
      return {
        ...model,
        [field]: new Map(model[field] as Objects<StoredObject>).set(namespacedName(step.object.metadata), step.object),
      };
    }
    case "drop": {
      const field = watched[step.kind];
      const remaining = new Map(model[field] as Objects<StoredObject>);
      remaining.delete(namespacedName(step.object.metadata));
      return { ...model, [field]: remaining };
    }
    case "restart":
      return { ...model, [watched[step.kind]]: new Map() };
    case "event":
      return { ...model, events: [...model.events, step.event].slice(-EVENTS) };
    case "live":
      return withLive(model, step.live);
  }
}
