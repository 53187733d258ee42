// Writes the name of each Route to the Configurations and Revisions to which that Route sends traffic, and sets the
// routing state of the Revisions.
// Source: pkg/reconciler/labeler/{labeler,labels,accessors}.go.
import { conditionOf } from "../../../apis/meta/conditions.ts";
import { keyOf } from "../../../apis/meta/key.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import {
  ROUTES_ANNOTATION,
  ROUTING_STATE_LABEL,
  ROUTING_STATE_MODIFIED_ANNOTATION,
} from "../../../apis/serving/labels.ts";
import type { Configuration, Revision, Route } from "../../../apis/serving/types.ts";
import { timeText } from "../../../base/time.ts";
import type { OwnedFields, Plan, Reconciler, World } from "../../controller/reconciler.ts";
import { controllerOf, routeNames, routesText } from "../ownership.ts";
import { finalizerEvent } from "../pass.ts";
import { routesOfTarget } from "../route/route.ts";

const KIND = "Route.serving.knative.dev";
const ROUTE_FINALIZER = "routes.serving.knative.dev";

export const labelerPlanner: Reconciler<typeof KIND> = {
  name: "labeler",
  kind: KIND,
  watches: routesOfTarget,
  reconcile: (route, world) => {
    const finalizers = route.metadata.finalizers ?? [];
    const hasFinalizer = finalizers.includes(ROUTE_FINALIZER);
    const events = [finalizerEvent(route.metadata.name)];
    if (route.metadata.deletionTimestamp !== undefined) {
      if (!hasFinalizer) return {};
      const others = finalizers.filter((name) => name !== ROUTE_FINALIZER);
      return { ensure: routePatches(route, world, noTargets, true), finalizers: others, events };
    }
    const plan: Plan<typeof KIND> = { ensure: routePatches(route, world, targetsOf(route, world), hasSettled(route)) };
    return hasFinalizer ? plan : { ...plan, finalizers: [...finalizers, ROUTE_FINALIZER], events };
  },
};

interface Targets {
  readonly configurations: ReadonlySet<string>;
  readonly revisions: ReadonlySet<string>;
}
const noTargets: Targets = { configurations: new Set(), revisions: new Set() };

/** Returns the targets in the Route's status and spec. */
function targetsOf(route: Stored<Route>, world: World): Targets {
  const namespace = route.metadata.namespace;
  const [configurations, revisions] = [new Set<string>(), new Set<string>()];
  for (const target of [...(route.status?.traffic ?? []), ...(route.spec.traffic ?? [])]) {
    const revision = target.revisionName
      ? world.get("Revision.serving.knative.dev", namespace, target.revisionName)
      : undefined;
    if (target.revisionName && !revision) continue;
    if (revision) revisions.add(revision.metadata.name);
    const owner = revision && controllerOf(revision);
    const name = owner?.kind === "Configuration" ? owner.name : target.configurationName;
    const configuration = name ? world.get("Configuration.serving.knative.dev", namespace, name) : undefined;
    if (!name || !configuration) continue;
    configurations.add(name);
    const newest = configuration.status?.latestCreatedRevisionName;
    // The newest Revision gets the Route's name before the Route sends traffic to this Revision.
    if (newest && target.latestRevision) revisions.add(newest);
  }
  return { configurations, revisions };
}

/** Returns true if Ready is True or False for the current generation. Only then may the Route's name be removed. */
function hasSettled({ metadata, status }: Stored<Route>): boolean {
  const ready = conditionOf(status?.conditions, "Ready")?.status;
  return (status?.observedGeneration ?? 0) === (metadata.generation ?? 0) && (ready === "True" || ready === "False");
}

function routePatches(
  route: Stored<Route>,
  world: World,
  targets: Targets,
  canRemove: boolean,
): readonly OwnedFields[] {
  const { name, namespace } = route.metadata;
  const at = timeText(world.now);
  const plans: (OwnedFields | undefined)[] = [];
  const plan = (object: Stored<Configuration> | Stored<Revision>, routes: readonly string[]): void => {
    const patch = object.kind === "Revision" ? revisionPatch(object, routes, at) : routesPatch(object, routes);
    plans.push(patch && { key: keyOf(object), fields: { metadata: patch } });
  };
  for (const [kind, listed] of [
    ["Configuration.serving.knative.dev", targets.configurations],
    ["Revision.serving.knative.dev", targets.revisions],
  ] as const) {
    for (const target of listed) {
      const object = world.get(kind, namespace, target);
      if (object) plan(object, [...new Set([...routeNames(object), name])]);
    }
    if (!canRemove) continue;
    for (const object of world.list(kind, { namespace, index: { by: routeNames, value: name } })) {
      if (canUnmark(object) && !listed.has(object.metadata.name)) {
        plan(
          object,
          routeNames(object).filter((other) => other !== name),
        );
      }
    }
  }
  return plans.filter((owned) => owned !== undefined);
}

/** Returns true if the labeler may remove a Route's name. On Revisions it does so only while they are active. */
function canUnmark({ kind, metadata }: Configuration | Revision): boolean {
  return kind !== "Revision" || metadata.labels?.[ROUTING_STATE_LABEL] === "active";
}

interface MetadataPatch {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string | null>>;
}

function routesPatch(
  object: Stored<Configuration> | Stored<Revision>,
  routes: readonly string[],
): MetadataPatch | undefined {
  if (routesText(routes) === routesText(routeNames(object))) return undefined;
  return { annotations: { [ROUTES_ANNOTATION]: routes.length === 0 ? null : routesText(routes) } };
}

function revisionPatch(revision: Stored<Revision>, routes: readonly string[], at: string): MetadataPatch | undefined {
  const patch = routesPatch(revision, routes);
  const state = routes.length > 0 ? "active" : "reserve";
  if (revision.metadata.labels?.[ROUTING_STATE_LABEL] === state) return patch;
  const annotations = { ...patch?.annotations, [ROUTING_STATE_MODIFIED_ANNOTATION]: at };
  return { labels: { [ROUTING_STATE_LABEL]: state }, annotations };
}
