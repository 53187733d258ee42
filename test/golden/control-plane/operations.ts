// Executes a transcript's operations in a scripted world.
import type { Deployment } from "../../../src/apis/core/types.ts";
import { type Kind, resources } from "../../../src/apis/kinds.ts";
import type { ObjectKey } from "../../../src/apis/meta/key.ts";
import type { AnyObject } from "../../../src/apis/meta/object.ts";
import type { WriteOutcome } from "../../../src/control-plane/store/outcome.ts";
import type { ScriptedWorld } from "./scripted-world.ts";
import { instantOf, type Operation, type Step } from "./transcript.ts";

const USER = "alice@example.com";
/** User name for writes of the cluster's own objects. */
const CLUSTER = { user: "kube" };
const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

/** `Service` means Knative's Service; `v1/Service` is the core Service. */
function kindNamed(name: string): (typeof resources)[number] {
  const core = name.startsWith("v1/");
  const bare = core ? name.slice(3) : name;
  const found = resources.find((resource) => resource.name === bare && (!core || resource.group === ""));
  if (!found) throw new Error(`no kind ${name}`);
  return found;
}

/** Executes all operations of a step. Returns the refused user writes by their index. */
export function perform(world: ScriptedWorld, step: Step, uidOf: (kindAndName: string) => string): Map<number, string> {
  const refused = new Map<number, string>();
  const substitute = <T>(value: T): T =>
    JSON.parse(JSON.stringify(value).replace(/\{\{uid:([^}]+)\}\}/g, (_, name: string) => uidOf(name))) as T;
  const apply = (operation: Operation, index = -1): void => {
    const refusal = applyOperation(world, substitute(operation), step);
    if (refusal !== undefined) refused.set(index, refusal);
  };
  for (const [index, operation] of step.do.entries()) {
    if (operation.op === "advance") advance(world, operation.seconds ?? 0, step, (timed) => apply(timed));
    else apply(operation, index);
  }
  world.settle();
  for (const answer of step.world ?? []) {
    for (const operation of answer) apply(operation);
    world.settle();
  }
  return refused;
}

/** Advances to each requested requeue in turn. Operations with a time run after the reconciles of that time. */
function advance(world: ScriptedWorld, seconds: number, step: Step, apply: (operation: Operation) => void): void {
  world.settle();
  const end = world.clock.now() + seconds * 1000;
  const timed = (step.timed ?? []).map(({ at, do: operations }) => ({ at: instantOf(at), operations }));
  for (;;) {
    const stops = [world.clock.next(), ...timed.map(({ at }) => at)].filter((at) => at !== undefined && at <= end);
    const stop = Math.min(...(stops as number[]), end);
    world.clock.advance(Math.max(0, stop - world.clock.now()));
    world.settle();
    const due = timed.findIndex(({ at }) => at <= world.clock.now());
    if (due >= 0) {
      for (const operation of timed.splice(due, 1)[0]?.operations ?? []) apply(operation);
      world.settle();
    }
    if (world.clock.now() >= end && due < 0) return;
  }
}

function applyOperation(world: ScriptedWorld, operation: Operation, step: Step): string | undefined {
  const { store } = world;
  const options = { user: USER };
  switch (operation.op) {
    case "create":
      return refusalOf(store.create(placed(operation.object as unknown as AnyObject), options));
    case "patch":
      return refusalOf(store.patchMerge(keyFor(world, operation), operation.patch, options));
    case "delete":
      store.delete(keyFor(world, operation), { propagation: "Background" });
      return undefined;
    case "remove":
      store.delete(keyFor(world, operation), { gracePeriodSeconds: 0, propagation: "Background" });
      return undefined;
    case "put":
      put(world, placed(operation.object as unknown as AnyObject));
      return undefined;
    case "status": {
      const key = keyFor(world, operation);
      const generation = String((store.get(key.kind, key.namespace, key.name) as AnyObject)?.metadata.generation);
      const status = JSON.stringify(operation.status).replaceAll('"{{generation}}"', generation);
      store.writeStatus(key, JSON.parse(status));
      return undefined;
    }
    default:
      setAnswer(world, operation, step);
      return undefined;
  }
}

function setAnswer(world: ScriptedWorld, operation: Operation, step: Step): void {
  const { image = "", revision = "", name = "" } = operation;
  const key = `default/${revision}` as const;
  switch (operation.op) {
    case "configmap":
      world.configure(name, operation.data ?? {});
      return;
    case "digest":
      if (operation.clear) world.digests.delete(image);
      else world.digests.set(image, operation.pending ? "pending" : { error: operation.error ?? "" });
      world.ask((question) => question.ask === "Digest" && question.image === image);
      return;
    case "decision": {
      const { desiredScale = 0, excessBurstCapacity = 0 } = operation;
      world.advice.set(key, { desiredScale, excessBurstCapacity, valid: true });
      return;
    }
    case "probe":
      world.probeOk = operation.ok ?? false;
      world.ask((question) => question.ask === "ActivatorProbe");
      return;
    case "metric":
      world.metricErrors.set(key, operation.error ?? "");
      world.ask((question) => question.ask === "MetricCollection" && question.revision === key);
      return;
    default:
      throw new Error(`unknown operation ${operation.op} among ${step.do.length}`);
  }
}

/** Creates or replaces an object with its status. Keeps its owner references. */
function put({ store }: ScriptedWorld, object: AnyObject): void {
  const resource = resources.find(({ kind }) => kind === fullKind(object)) as (typeof resources)[number];
  const key = { kind: resource.kind, namespace: object.metadata.namespace ?? "", name: object.metadata.name };
  const old = store.get(key.kind, key.namespace, key.name) as AnyObject | undefined;
  const { ownerReferences } = { ...old?.metadata, ...object.metadata };
  const metadata = { ...object.metadata, ...(ownerReferences ? { ownerReferences } : {}) };
  // The recorded pods have no spec, which the API refuses.
  const completed = object.kind === "Pod" ? { spec: { containers: [] }, ...object } : object;
  const written = object.kind === "Deployment" ? inGoForm(object) : completed;
  const outcome = old ? store.update({ ...written, metadata }, CLUSTER) : store.create(written, CLUSTER);
  if ("refused" in outcome) throw new Error(`the cluster's own write was refused: ${outcome.refused.message}`);
  if (object.status !== undefined && resource.statusSubresource) store.writeStatus(key, object.status);
}

/** Adds the empty fields that Go's types wrote in the recording. */
function inGoForm(object: AnyObject): AnyObject {
  const { spec } = object as Deployment;
  const pod = spec.template.spec;
  const containers = pod.containers.map((container) => ({ resources: {}, ...container }));
  const template = { ...spec.template, spec: { ...pod, containers } };
  return { ...object, spec: { strategy: {}, ...spec, template } } as AnyObject;
}

function fullKind({ apiVersion, kind }: AnyObject): string {
  const [group = "", version] = apiVersion.split("/");
  return version === undefined ? kind : `${kind}.${group}`;
}

function placed(object: AnyObject): AnyObject {
  const resource = resources.find(({ kind }) => kind === fullKind(object));
  if (!resource?.namespaced || object.metadata.namespace) return object;
  return { ...object, metadata: { ...object.metadata, namespace: "default" } };
}

/**
 * Names of Certificates contain uids of the recording, so this finds the Certificate whose name is equal except for the
 * uid.
 */
function keyFor({ store }: ScriptedWorld, operation: Operation): ObjectKey {
  const { kind = "", name = "", namespace: home = "default" } = operation;
  const resource = kindNamed(kind);
  const namespace = resource.namespaced ? home : "";
  const exact = { kind: resource.kind, namespace, name };
  if (store.get(resource.kind, namespace, name) || !UUID.test(name)) return exact;
  const shape = name.replace(UUID, "");
  const alike = (store.list(resource.kind as Kind) as readonly AnyObject[]).find(
    ({ metadata }) => metadata.name.replace(UUID, "") === shape,
  );
  return alike ? { ...exact, name: alike.metadata.name } : exact;
}

function refusalOf(outcome: WriteOutcome): string | undefined {
  return "refused" in outcome ? outcome.refused.message : undefined;
}
