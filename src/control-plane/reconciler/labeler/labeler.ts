// Keeps the marks of a Route on the Configurations and Revisions it points at: the list of its routes, and a Revision's routing state.
// It writes no status. Source: pkg/reconciler/labeler/{labeler,labels,accessors}.go.
import { keyOf, type ObjectKey } from "../../../apis/kinds.ts";
import { conditionOf } from "../../../apis/meta/conditions.ts";
import type { Configuration, Revision, Route } from "../../../apis/serving/types.ts";
import { timeText } from "../../../base/time.ts";
import type { OwnedFields, Plan, Reconciler, World } from "../../controller/reconciler.ts";
import { controllerOf } from "../ownership.ts";
import { finalizerEvent } from "../pass.ts";
import { routesOfTarget } from "../route/route.ts";
import { routeNames, routesText } from "../route-names.ts";
import { ROUTES_ANNOTATION, ROUTING_STATE_LABEL, ROUTING_STATE_MODIFIED_ANNOTATION } from "../well-known.ts";

const KIND = "Route.serving.knative.dev";
export const ROUTE_FINALIZER = "routes.serving.knative.dev";

export const labelerPlanner: Reconciler<typeof KIND> = {
  name: "labeler",
  kind: KIND,
  watches: (changed, view): readonly ObjectKey[] => [
    ...routesOfTarget(changed, view),
    // A Route that no longer points there may still be named there.
    ...routeNames(changed).map((name) => ({ kind: KIND, namespace: changed.metadata.namespace ?? "", name }) as const),
  ],
  reconcile: (route, world) => {
    const finalizers = route.metadata.finalizers ?? [];
    const held = finalizers.includes(ROUTE_FINALIZER);
    const events = [finalizerEvent(route.metadata.name)];
    if (route.metadata.deletionTimestamp !== undefined) {
      if (!held) return {};
      const others = finalizers.filter((name) => name !== ROUTE_FINALIZER);
      return { ensure: marks(route, world, noTargets, true), finalizers: others, events };
    }
    const plan: Plan<typeof KIND> = { ensure: marks(route, world, targetsOf(route, world), hasSettled(route)) };
    return held ? plan : { ...plan, finalizers: [...finalizers, ROUTE_FINALIZER], events };
  },
};

interface Targets {
  readonly configurations: ReadonlySet<string>;
  readonly revisions: ReadonlySet<string>;
}
const noTargets: Targets = { configurations: new Set(), revisions: new Set() };

/** All that the Route points at, as it is and as it shall be. */
function targetsOf(route: Route, world: World): Targets {
  const namespace = route.metadata.namespace ?? "";
  const [configurations, revisions] = [new Set<string>(), new Set<string>()];
  for (const target of [...(route.status?.traffic ?? []), ...(route.spec.traffic ?? [])]) {
    if (target.revisionName) revisions.add(target.revisionName);
    const revision = target.revisionName
      ? world.get("Revision.serving.knative.dev", namespace, target.revisionName)
      : undefined;
    const owner = revision && controllerOf(revision);
    const name = owner?.kind === "Configuration" ? owner.name : target.configurationName;
    const configuration = name ? world.get("Configuration.serving.knative.dev", namespace, name) : undefined;
    if (!name || !configuration) continue;
    configurations.add(name);
    const newest = configuration.status?.latestCreatedRevisionName;
    // The one that comes next is marked early, so that traffic never meets an unmarked revision.
    if (newest && target.latestRevision) revisions.add(newest);
  }
  return { configurations, revisions };
}

/** Ready says yes or no for this generation: until then a mark may still be needed. */
function hasSettled({ metadata, status }: Route): boolean {
  const ready = conditionOf(status?.conditions, "Ready")?.status;
  return (status?.observedGeneration ?? 0) === (metadata.generation ?? 0) && (ready === "True" || ready === "False");
}

function marks(route: Route, world: World, targets: Targets, mayRemove: boolean): readonly OwnedFields[] {
  const { name, namespace = "" } = route.metadata;
  const wanted = (object: Configuration | Revision, listed: ReadonlySet<string>): readonly string[] => {
    const present = routeNames(object);
    if (listed.has(object.metadata.name)) return [...new Set([...present, name])];
    return mayRemove ? present.filter((other) => other !== name) : present;
  };
  const configurations = world.list("Configuration.serving.knative.dev", { namespace });
  const revisions = world.list("Revision.serving.knative.dev", { namespace });
  return [
    ...configurations.flatMap((object) => markRoutes(object, wanted(object, targets.configurations), name) ?? []),
    ...revisions.flatMap((object) => markRevision(object, wanted(object, targets.revisions), name, world) ?? []),
  ];
}

function markRoutes(
  object: Configuration | Revision,
  routes: readonly string[],
  route: string,
): OwnedFields | undefined {
  if (routeNames(object).includes(route) === routes.includes(route)) return undefined;
  const value = routes.length === 0 ? null : routesText(routes);
  return { key: keyOf(object), fields: { metadata: { annotations: { [ROUTES_ANNOTATION]: value } } } };
}

/** Objects that this Route never named are left to the Routes that do. */
function markRevision(
  revision: Revision,
  routes: readonly string[],
  route: string,
  world: World,
): OwnedFields | undefined {
  const concerned = routes.includes(route) || routeNames(revision).includes(route);
  if (!concerned) return undefined;
  const state = routes.length > 0 ? "active" : "reserve";
  const marked = markRoutes(revision, routes, route);
  if (revision.metadata.labels?.[ROUTING_STATE_LABEL] === state) return marked;
  const at = timeText(world.now);
  const value = routes.length === 0 ? null : routesText(routes);
  return {
    key: keyOf(revision),
    fields: {
      metadata: {
        labels: { [ROUTING_STATE_LABEL]: state },
        annotations: { [ROUTES_ANNOTATION]: value, [ROUTING_STATE_MODIFIED_ANNOTATION]: at },
      },
    },
  };
}
