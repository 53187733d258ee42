// Builds the objects of one Service for tests of the terminal UI.
import type { Pod } from "../../../src/apis/core/types.ts";
import type { AnyObject } from "../../../src/apis/meta/object.ts";
import type { Service, TrafficTarget } from "../../../src/apis/serving/types.ts";
import type { Live } from "../../../src/client/live.ts";
import {
  applyChange,
  emptyModel,
  type ModelChange,
  type SessionModel,
  type WatchedKind,
} from "../../../src/tui/session-model.ts";
import { asStored } from "../../support/store.ts";

const ready = (status = "True", more: object = {}) => [{ type: "Ready", status: status as "True", ...more }];

export function service(
  name: string,
  options: { ready?: string; conditions?: object[]; traffic?: TrafficTarget[]; latest?: string; url?: string } = {},
): Service {
  const latest = options.latest ?? `${name}-00001`;
  return {
    apiVersion: "serving.knative.dev/v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: { template: { spec: { containers: [{}] } } },
    status: {
      url: options.url ?? `http://${name}.default.localhost:8080`,
      latestReadyRevisionName: latest,
      latestCreatedRevisionName: latest,
      traffic: options.traffic ?? [{ revisionName: latest, percent: 100, latestRevision: true }],
      conditions: [...ready(options.ready), ...((options.conditions ?? []) as [])],
    },
  };
}

export function revision(name: string, of: string, conditions: object[] = ready()): AnyObject {
  return {
    apiVersion: "serving.knative.dev/v1",
    kind: "Revision",
    metadata: { name, namespace: "default", labels: { "serving.knative.dev/service": of } },
    spec: { containers: [{}] },
    status: { conditions },
  };
}

export function pod(name: string, of: string, revisionName: string, status = "True"): Pod {
  const labels = { "serving.knative.dev/service": of, "serving.knative.dev/revision": revisionName };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", labels },
    spec: { containers: [{}] },
    status: { phase: "Running", conditions: ready(status) },
  };
}

export function scaler(name: string, desiredScale: number): AnyObject {
  return {
    apiVersion: "autoscaling.internal.knative.dev/v1alpha1",
    kind: "PodAutoscaler",
    metadata: { name, namespace: "default" },
    status: { desiredScale },
  };
}

export function serverlessService(name: string, mode: "Serve" | "Proxy"): AnyObject {
  return {
    apiVersion: "networking.internal.knative.dev/v1alpha1",
    kind: "ServerlessService",
    metadata: { name, namespace: "default" },
    spec: { mode },
  };
}

export function live(more: Partial<Live> = {}): Live {
  return { time: 0, revisions: {}, services: {}, podStarts: [], coldStarts: [], ...more };
}

const kinds: Readonly<Record<string, WatchedKind>> = {
  Service: "Service.serving.knative.dev",
  Revision: "Revision.serving.knative.dev",
  Pod: "Pod",
  PodAutoscaler: "PodAutoscaler.autoscaling.internal.knative.dev",
  ServerlessService: "ServerlessService.networking.internal.knative.dev",
};

export function put(object: AnyObject): ModelChange {
  return { type: "put", kind: kinds[object.kind] as WatchedKind, object: asStored(object) } as ModelChange;
}

export function modelOf(objects: readonly AnyObject[], report?: Live): SessionModel {
  const model = objects.map(put).reduce(applyChange, emptyModel);
  return report === undefined ? model : applyChange(model, { type: "live", live: report });
}
