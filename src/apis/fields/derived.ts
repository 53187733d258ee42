// Defines the fields of the built-in kinds that clients only read.
import type { Kind } from "../kinds.ts";
import { eventSeries, eventSource, podTemplate } from "./core.ts";
import { list, pointer, type StructType, struct } from "./field.ts";
import { kindStruct, labelSelector, objectReference } from "./meta.ts";

const endpoint = struct("Endpoint", {
  addresses: "[]string",
  conditions: struct("EndpointConditions", { ready: "*bool", serving: "*bool", terminating: "*bool" }),
  hostname: "*string",
  targetRef: pointer(objectReference),
  nodeName: "*string",
  zone: "*string",
});
const endpointPort = struct("EndpointPort", {
  name: "*string",
  protocol: "*string",
  port: "*int32",
  appProtocol: "*string",
});

export const derivedStructs: ReadonlyMap<Kind, StructType> = new Map<Kind, StructType>([
  [
    "HorizontalPodAutoscaler.autoscaling",
    kindStruct("HorizontalPodAutoscaler", {
      spec: struct("HorizontalPodAutoscalerSpec", {
        scaleTargetRef: objectReference,
        minReplicas: "*int32",
        maxReplicas: "int32",
        metrics: "[]any",
        behavior: "*any",
      }),
      status: struct("HorizontalPodAutoscalerStatus", { currentReplicas: "int32", desiredReplicas: "int32" }),
    }),
  ],
  [
    "EndpointSlice.discovery.k8s.io",
    kindStruct("EndpointSlice", { addressType: "string", endpoints: list(endpoint), ports: list(endpointPort) }),
  ],
  [
    "ReplicaSet.apps",
    kindStruct("ReplicaSet", {
      spec: struct("ReplicaSetSpec", {
        replicas: "*int32",
        minReadySeconds: "int32",
        selector: pointer(labelSelector),
        template: podTemplate,
      }),
      status: struct("ReplicaSetStatus", {
        replicas: "int32",
        fullyLabeledReplicas: "int32",
        readyReplicas: "int32",
        availableReplicas: "int32",
        observedGeneration: "int64",
      }),
    }),
  ],
  [
    "Event.events.k8s.io",
    kindStruct("Event", {
      eventTime: "microTime",
      series: pointer(eventSeries),
      reportingController: "string",
      reportingInstance: "string",
      action: "string",
      reason: "string",
      regarding: objectReference,
      related: pointer(objectReference),
      note: "string",
      type: "string",
      deprecatedSource: eventSource,
      deprecatedFirstTimestamp: "time",
      deprecatedLastTimestamp: "time",
      deprecatedCount: "int32",
    }),
  ],
]);
