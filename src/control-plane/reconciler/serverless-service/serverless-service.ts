// Plans for a ServerlessService: its two Services, and pods or activators as the Endpoints of the public Service.
// Source: pkg/reconciler/serverlessservice/serverlessservice.go.
import { SYSTEM_NAMESPACE } from "../../../apis/config/serving-config.ts";
import type { CoreService, EndpointSubset, Endpoints } from "../../../apis/core/types.ts";
import { serverlessServiceConditions } from "../../../apis/meta/conditions.ts";
import { keyOf, type ObjectKey } from "../../../apis/meta/key.ts";
import type { AnyObject } from "../../../apis/meta/object.ts";
import * as lifecycle from "../../../apis/networking/serverless-service-lifecycle.ts";
import type { ServerlessService } from "../../../apis/networking/types.ts";
import { SERVERLESS_SERVICE_LABEL } from "../../../apis/serving/labels.ts";
import { sameJson } from "../../../base/json.ts";
import type { Reconciler } from "../../controller/reconciler.ts";
import type { View } from "../../store/view.ts";
import { isControlledBy } from "../ownership.ts";
import { knativePlanner, type Pass, type ReconcileError } from "../pass.ts";
import { chooseSubset } from "./choose-subset.ts";
import { makePrivateService, makePublicEndpoints, makePublicService, privateServiceName } from "./make-services.ts";

const KIND = "ServerlessService.networking.internal.knative.dev";
const ACTIVATOR_SERVICE = "activator-service";
type ServicePass = Pass<typeof KIND>;

export const serverlessServicePlanner: Reconciler<typeof KIND> = knativePlanner({
  name: "serverlessservice",
  kind: KIND,
  conditions: serverlessServiceConditions,
  watches: concerned,
  reconcile: reconcileServerlessService,
});

/** Endpoints of pods enqueue their ServerlessService. Endpoints of the activators enqueue all of them. */
function concerned(changed: AnyObject, view: View): readonly ObjectKey[] {
  if (changed.kind !== "Endpoints") return [];
  const { name, namespace = "", labels } = changed.metadata;
  if (namespace === SYSTEM_NAMESPACE && name === ACTIVATOR_SERVICE) return view.list(KIND).map(keyOf);
  const labelled = labels?.[SERVERLESS_SERVICE_LABEL];
  if (labelled !== undefined) return [{ kind: KIND, namespace, name: labelled }];
  return view.list(KIND, { namespace, index: { by: privateServiceOf, value: name } }).map(keyOf);
}

function privateServiceOf(sks: AnyObject): readonly string[] {
  const name = (sks as ServerlessService).status?.privateServiceName;
  return name === undefined ? [] : [name];
}

function reconcileServerlessService(pass: ServicePass): ReconcileError {
  return ensurePrivateService(pass) ?? ensurePublicService(pass) ?? populate(pass);
}

function ensurePrivateService(pass: ServicePass): ReconcileError {
  const { object: sks, world } = pass;
  const { namespace } = sks.metadata;
  const target = sks.spec.objectRef.name ?? "";
  const deployment = world.get("Deployment.apps", namespace, target);
  if (!deployment) return `error retrieving deployment selector spec: deployments.apps "${target}" not found`;
  const wanted = makePrivateService(sks, deployment.spec.selector.matchLabels ?? {});
  const failure = ensureService(pass, wanted, "CreatingPrivateService", "UpdatingPrivateService");
  if (failure === undefined) pass.status = { ...pass.status, privateServiceName: wanted.metadata.name };
  return failure;
}

function ensurePublicService(pass: ServicePass): ReconcileError {
  const wanted = makePublicService(pass.object);
  const failure = ensureService(pass, wanted, "CreatingPublicService");
  if (failure === undefined) pass.status = { ...pass.status, serviceName: wanted.metadata.name };
  return failure;
}

/** Plans ports and selector of a Service. Other fields of its spec do not change. */
function ensureService(pass: ServicePass, wanted: CoreService, creating: string, updating?: string): ReconcileError {
  const { name, namespace = "" } = wanted.metadata;
  const existing = pass.world.get("Service", namespace, name);
  if (existing && !isControlledBy(existing, pass.object)) return notOwned(pass, existing);
  const { ports, selector } = wanted.spec;
  const settled = sameJson(existing?.spec.ports, ports) && (!selector || sameJson(existing?.spec.selector, selector));
  if (settled) return undefined;
  const reason = existing ? updating : creating;
  if (reason !== undefined) mark(pass, lifecycle.markEndpointsNotReady(pass.status.conditions ?? [], reason, pass.at));
  pass.plan.ensure.push({
    key: keyOf(wanted),
    fields: { spec: { ports, ...(selector && { selector }) } },
    whole: [
      ["spec", "ports"],
      ["spec", "selector"],
    ],
    create: wanted,
  });
  return undefined;
}

function populate(pass: ServicePass): ReconcileError {
  const { object: sks, world, at } = pass;
  const { name, namespace } = sks.metadata;
  const activators = world.get("Endpoints", SYSTEM_NAMESPACE, ACTIVATOR_SERVICE);
  if (!activators) return `failed to get activator service endpoints: endpoints "${ACTIVATOR_SERVICE}" not found`;
  const pods = world.get("Endpoints", namespace, privateServiceName(sks));
  const isPodReady = addressesOf(pods).length > 0;
  const failure = ensureEndpoints(pass, makePublicEndpoints(sks, source()));
  if (failure !== undefined) return failure;
  const conditions = pass.status.conditions ?? [];
  const populated = isPodReady
    ? lifecycle.markEndpointsReady(conditions, at)
    : lifecycle.markEndpointsNotReady(conditions, "NoHealthyBackends", at);
  mark(pass, lifecycle.markActivatorInPath(populated, !isPodReady || sks.spec.mode === "Proxy", at));
  return undefined;

  /** Returns the activators in Proxy mode and while no pod is ready, else the pods. */
  function source(): readonly EndpointSubset[] {
    const proxies = sks.spec.mode === "Proxy" || !isPodReady;
    if (!proxies || addressesOf(activators).length === 0) return pods?.subsets ?? [];
    return subsetOf(activators?.subsets ?? [], sks.spec.numActivators ?? 0, name);
  }
}

function ensureEndpoints(pass: ServicePass, wanted: Endpoints): ReconcileError {
  const { name, namespace = "" } = wanted.metadata;
  const existing = pass.world.get("Endpoints", namespace, name);
  if (existing && !isControlledBy(existing, pass.object)) return notOwned(pass, existing);
  if (!existing)
    mark(pass, lifecycle.markEndpointsNotReady(pass.status.conditions ?? [], "CreatingPublicEndpoints", pass.at));
  if (existing && sameJson(existing.subsets ?? [], wanted.subsets ?? [])) return undefined;
  pass.plan.ensure.push({
    key: keyOf(wanted),
    fields: { subsets: wanted.subsets ?? null },
    whole: [["subsets"]],
    create: wanted,
  });
  return undefined;
}

/** Chooses `count` activators; 0: all. */
function subsetOf(subsets: readonly EndpointSubset[], count: number, target: string): readonly EndpointSubset[] {
  const ips = new Set(subsets.flatMap((subset) => subset.addresses ?? []).map((address) => address.ip));
  if (count === 0 || ips.size <= count) return subsets;
  const chosen = chooseSubset([...ips], count, target);
  return subsets.flatMap(({ notReadyAddresses: _, ...subset }) => {
    const addresses = (subset.addresses ?? []).filter((address) => chosen.has(address.ip));
    return addresses.length > 0 ? [{ ...subset, addresses }] : [];
  });
}

function addressesOf(endpoints: Endpoints | undefined): readonly unknown[] {
  return endpoints?.subsets?.flatMap((subset) => subset.addresses ?? []) ?? [];
}

function notOwned(pass: ServicePass, { kind, metadata }: AnyObject): ReconcileError {
  mark(pass, lifecycle.markEndpointsNotOwned(pass.status.conditions ?? [], kind, metadata.name, pass.at));
  return `SKS: ${pass.object.metadata.name} does not own ${kind}: ${metadata.name}`;
}

function mark(pass: ServicePass, conditions: NonNullable<ServicePass["status"]["conditions"]>): void {
  pass.status = { ...pass.status, conditions };
}
