// What the terminal UI knows of the session: objects and live figures, folded in one change at a time. Pure; a change never mutates the old world.

import type { PodAutoscaler } from "../apis/autoscaling/types.ts";
import { isPodServing } from "../apis/core/pod.ts";
import type { Event, Pod } from "../apis/core/types.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import type { ServerlessService } from "../apis/networking/types.ts";
import type { Revision, Service } from "../apis/serving/types.ts";
import type { Live } from "../client/live.ts";

export type Objects<T> = ReadonlyMap<string, T>;

export interface World {
  readonly services: Objects<Service>;
  readonly revisions: Objects<Revision>;
  readonly pods: Objects<Pod>;
  readonly scalers: Objects<PodAutoscaler>;
  readonly doors: Objects<ServerlessService>;
  /** The newest last. */
  readonly events: readonly Event[];
  readonly live: Live | undefined;
  /** Ready pods of each Service, one sample per live report, the newest last. */
  readonly history: ReadonlyMap<string, readonly number[]>;
}

/** The kinds that are watched, each with its place in the world. */
export const watched = {
  "Service.serving.knative.dev": "services",
  "Revision.serving.knative.dev": "revisions",
  Pod: "pods",
  "PodAutoscaler.autoscaling.internal.knative.dev": "scalers",
  "ServerlessService.networking.internal.knative.dev": "doors",
} as const;
export type WatchedKind = keyof typeof watched;

export type WorldChange =
  | { readonly type: "put"; readonly kind: WatchedKind; readonly object: AnyObject }
  | { readonly type: "drop"; readonly kind: WatchedKind; readonly object: AnyObject }
  /** A watch begins anew: what it knew may be gone. */
  | { readonly type: "restart"; readonly kind: WatchedKind }
  | { readonly type: "event"; readonly event: Event }
  | { readonly type: "live"; readonly live: Live };

/** One minute at a report per second: the width of the sparkline. */
export const HISTORY = 60;
const EVENTS = 100;

export const emptyWorld: World = {
  services: new Map(),
  revisions: new Map(),
  pods: new Map(),
  scalers: new Map(),
  doors: new Map(),
  events: [],
  live: undefined,
  history: new Map(),
};

/** `namespace/name` */
export function keyOfObject({ metadata }: Pick<AnyObject, "metadata">): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

/** Ready pods of a Service (`namespace/name`). */
export function readyPods(world: World, service: string): number {
  const own = [...world.pods.values()].filter(
    ({ metadata }) => `${metadata.namespace ?? ""}/${metadata.labels?.["serving.knative.dev/service"]}` === service,
  );
  return own.filter(isPodServing).length;
}

function withLive(world: World, live: Live): World {
  const history = new Map<string, readonly number[]>();
  for (const key of world.services.keys()) {
    history.set(key, [...(world.history.get(key) ?? []), readyPods(world, key)].slice(-HISTORY));
  }
  return { ...world, live, history };
}

/** The world after a change. */
export function change(world: World, step: WorldChange): World {
  switch (step.type) {
    case "put": {
      const place = watched[step.kind];
      return {
        ...world,
        [place]: new Map(world[place] as Objects<AnyObject>).set(keyOfObject(step.object), step.object),
      };
    }
    case "drop": {
      const place = watched[step.kind];
      const left = new Map(world[place] as Objects<AnyObject>);
      left.delete(keyOfObject(step.object));
      return { ...world, [place]: left };
    }
    case "restart":
      return { ...world, [watched[step.kind]]: new Map() };
    case "event":
      return { ...world, events: [...world.events, step.event].slice(-EVENTS) };
    case "live":
      return withLive(world, step.live);
  }
}
