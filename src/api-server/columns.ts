// Defines the columns of `kubectl get` for Knative kinds.
// Source: additionalPrinterColumns in config/core/300-resources.
import type { Kind } from "../apis/kinds.ts";
import type { Condition } from "../apis/meta/conditions.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import { isFields } from "../base/json.ts";
import { age, type Column, column } from "./column.ts";
import { coreColumns } from "./core-columns.ts";

const field = (name: string, path: string, type: Column["type"] = "string"): Column => {
  const parts = path.split(".");
  return column(
    name,
    (object) => {
      let value: unknown = object;
      for (const part of parts) value = isFields(value) ? value[part] : undefined;
      return typeof value === "string" || typeof value === "number" ? value : null;
    },
    type,
  );
};
const label = (name: string, key: string): Column =>
  column(name, ({ metadata }) => metadata.labels?.[`serving.knative.dev/${key}`] ?? null);
const ready = ({ status }: AnyObject): Condition | undefined =>
  ((status as { conditions?: readonly Condition[] } | undefined)?.conditions ?? []).find(
    ({ type }) => type === "Ready",
  );

const URL_COLUMN = field("URL", "status.url");
const READY: readonly Column[] = [
  column("Ready", (object) => ready(object)?.status ?? null),
  column("Reason", (object) => ready(object)?.reason ?? null),
];
const LATEST: readonly Column[] = [
  field("LatestCreated", "status.latestCreatedRevisionName"),
  field("LatestReady", "status.latestReadyRevisionName"),
];

const byKind: { readonly [K in Kind]?: readonly Column[] } = {
  "Service.serving.knative.dev": [URL_COLUMN, ...LATEST, ...READY],
  "Configuration.serving.knative.dev": [...LATEST, ...READY],
  "Route.serving.knative.dev": [URL_COLUMN, ...READY],
  "Revision.serving.knative.dev": [
    label("Config Name", "configuration"),
    label("Generation", "configurationGeneration"),
    ...READY,
    field("Actual Replicas", "status.actualReplicas", "integer"),
    field("Desired Replicas", "status.desiredReplicas", "integer"),
  ],
  "DomainMapping.serving.knative.dev": [URL_COLUMN, ...READY],
  "PodAutoscaler.autoscaling.internal.knative.dev": [
    field("DesiredScale", "status.desiredScale", "integer"),
    field("ActualScale", "status.actualScale", "integer"),
    ...READY,
  ],
  "ServerlessService.networking.internal.knative.dev": [
    field("Mode", "spec.mode"),
    field("Activators", "spec.numActivators", "integer"),
    field("ServiceName", "status.serviceName"),
    field("PrivateServiceName", "status.privateServiceName"),
    ...READY,
  ],
  "Ingress.networking.internal.knative.dev": READY,
  "Metric.autoscaling.internal.knative.dev": READY,
  "Certificate.networking.internal.knative.dev": READY,
  "Image.caching.internal.knative.dev": [field("Image", "spec.image")],
};

/** Returns the columns that follow Name. A kind without columns of its own gets only Age. */
export function columnsOf(kind: Kind): readonly Column[] {
  return byKind[kind] ?? coreColumns(kind) ?? [age];
}
