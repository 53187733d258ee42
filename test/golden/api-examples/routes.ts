// Examples `route/*` and `domainMapping/*`: Ingresses, traffic and errors of Routes for given objects.

import type { Condition } from "../../../src/apis/meta/conditions.ts";
import { keyOf } from "../../../src/apis/meta/key.ts";
import type { AnyObject, StringMap } from "../../../src/apis/meta/object.ts";
import type { DomainMapping, Route } from "../../../src/apis/serving/types.ts";
import { mutate } from "../../../src/apis/serving/webhook.ts";
import { makeClaim } from "../../../src/control-plane/reconciler/domain-mapping/domain-mapping.ts";
import { makeDomainIngress } from "../../../src/control-plane/reconciler/domain-mapping/make-domain-ingress.ts";
import { routePlanner } from "../../../src/control-plane/reconciler/route/route.ts";
import { asStored, makeStore } from "../../support/store.ts";
import { makeWorld } from "../../support/world.ts";
import type { Verdict } from "../case.ts";
import { asRecorded, exampleConfig, type Fields, judge, readYaml } from "./examples.ts";

const CLASS = { "ingress-class": "kourier.ingress.networking.knative.dev" };
const JSON_ANNOTATIONS = ["networking.internal.knative.dev/rollout", "networking.internal.knative.dev/tag-to-host"];
interface Example extends Fields {
  readonly input: string;
  readonly configDomain: StringMap | null;
  readonly configNetwork?: StringMap;
  readonly features?: StringMap;
  readonly existingObjects: readonly Fields[] | null;
  readonly statusTraffic: unknown;
  readonly ingress: Fields | null;
  readonly error?: string;
  readonly conditionsOnError?: readonly (Condition & { lastTransitionTime: null })[];
}

export function judgeRoute(name: string, example: Example): readonly Verdict[] {
  const config = exampleConfig({
    "config-domain": example.configDomain,
    "config-network": { ...CLASS, ...example.configNetwork },
    "config-features": example.features,
  });
  const store = makeStore();
  for (const object of [...(example.existingObjects ?? []), ...hidden(name)]) put(store, object);
  const read = { ...readYaml(example.input) };
  const route = mutate({ object: read, operation: "create", config }).object as Route;
  const named = asStored({ ...route, metadata: { ...route.metadata, uid: "route-uid", generation: 0 } });
  const plan = routePlanner.reconcile(named, makeWorld(store, config));
  const ingress = plan.ensure?.find(({ key }) => key.kind === "Ingress.networking.internal.knative.dev")?.create;
  const verdicts = [judge(`${name}/statusTraffic`, example.statusTraffic, plan.status?.traffic ?? null)];
  verdicts.push(judge(`${name}/ingress`, readable(example.ingress), readable(ingress)));
  if (!example.conditionsOnError) return verdicts;
  const conditions = plan.status?.conditions ?? [];
  return [...verdicts, judge(`${name}/conditions`, example.conditionsOnError.map(untimed), conditions.map(untimed))];
}

export function judgeDomainMapping(name: string, recorded: Fields): Verdict {
  if (name.endsWith("/claim")) return judge(name, recorded, asRecorded(makeClaim("www.example.com", "default")));
  const mapping: DomainMapping = {
    apiVersion: "serving.knative.dev/v1beta1",
    kind: "DomainMapping",
    metadata: {
      name: "www.example.com",
      namespace: "default",
      uid: "dm-uid",
      labels: { a: "b" },
      annotations: { x: "y" },
    },
    spec: { ref: { kind: "Service", name: "hello" } },
  };
  const target = { host: "hello.default.svc.cluster.local", service: "hello" };
  const config = exampleConfig({ "config-network": CLASS });
  const made = makeDomainIngress(asStored(mapping), target, { tls: [], challenges: [] }, config);
  return judge(name, asRecorded(recorded), made.ok ? asRecorded(made.value) : made.error);
}

/** The placeholder Service of a tag that is visible only in the cluster has the visibility label. */
function hidden(name: string): readonly Fields[] {
  if (!name.endsWith("one-tag-local")) return [];
  const labels = { "serving.knative.dev/route": "hello", "networking.knative.dev/visibility": "cluster-local" };
  const owner = {
    apiVersion: "serving.knative.dev/v1",
    kind: "Route",
    name: "hello",
    uid: "route-uid",
    controller: true,
  };
  const metadata = { name: "old-hello", namespace: "default", labels, ownerReferences: [owner] };
  return [{ apiVersion: "v1", kind: "Service", metadata, spec: {} }];
}

function put(store: ReturnType<typeof makeStore>, object: Fields): void {
  const isConfiguration = (object["spec"] as Fields)["template"] !== undefined;
  const typed = {
    apiVersion: "serving.knative.dev/v1",
    kind: isConfiguration ? "Configuration" : "Revision",
    ...object,
  } as unknown as AnyObject;
  store.create(typed);
  const { status } = typed as { status?: object };
  // Planners have observed the first generation of every object.
  if (status) store.writeStatus(keyOf(typed), { observedGeneration: 1, ...status });
}

function readable(ingress: unknown): unknown {
  if (!ingress) return null;
  const converted = asRecorded(ingress) as { metadata: { annotations: Record<string, unknown> } };
  const annotations = { ...converted.metadata.annotations };
  for (const key of JSON_ANNOTATIONS) if (annotations[key]) annotations[key] = JSON.parse(String(annotations[key]));
  return { ...converted, metadata: { ...converted.metadata, annotations } };
}

function untimed({
  lastTransitionTime: _time,
  ...condition
}: Omit<Condition, "lastTransitionTime"> & { lastTransitionTime?: unknown }): object {
  return condition;
}
