// Plans for a Service: its Configuration, then its Route, and its status.
// Source: pkg/reconciler/service/service.go.
import { isConditionTrue, serviceConditions } from "../../../apis/meta/conditions.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import * as lifecycle from "../../../apis/serving/service-lifecycle.ts";
import type { Configuration, Route, TrafficTarget } from "../../../apis/serving/types.ts";
import { sameJson } from "../../../base/json.ts";
import type { Reconciler } from "../../controller/reconciler.ts";
import { isRevisionNameTaken } from "../configuration/configuration.ts";
import { ensureWhole, isAsWanted, isControlledBy } from "../ownership.ts";
import { defaulted, knativePlanner, type Pass, type ReconcileError } from "../pass.ts";
import { makeConfiguration, makeRoute } from "./make-children.ts";

const KIND = "Service.serving.knative.dev";
type ServicePass = Pass<typeof KIND>;

export const servicePlanner: Reconciler<typeof KIND> = knativePlanner({
  name: "service",
  kind: KIND,
  conditions: serviceConditions,
  defaulted,
  reconcile: reconcileService,
});

function reconcileService(pass: ServicePass): ReconcileError {
  const { name } = pass.object.metadata;
  const state = ensureConfiguration(pass);
  if (state === "foreign") {
    pass.status = lifecycle.markConfigurationNotOwned(pass.status, name, pass.at);
    return `service: "${name}" does not own configuration: "${name}"`;
  }
  const refused = refusalOf(pass, "Configuration");
  if (refused !== undefined) return refused;
  const { configuration, isCurrent } = state;
  const observed = isCurrent && configuration !== undefined && isObserved(configuration);
  pass.status = observed
    ? lifecycle.propagateConfigurationStatus(pass.status, configuration.status ?? {}, pass.at)
    : lifecycle.markConfigurationOutOfDate(pass.status, pass.at);
  const byoName = pass.object.spec.template.metadata?.name;
  if (byoName && !observed) {
    // Only an observed Configuration shows whether another Revision has the user's revision name.
    pass.status = lifecycle.markRouteOutOfDate(pass.status, pass.at);
    return undefined;
  }
  if (byoName && configuration && isRevisionNameTaken(configuration, byoName, pass.world)) {
    pass.status = lifecycle.markRevisionNameTaken(pass.status, byoName, pass.at);
    return undefined;
  }
  return reconcileRoute(pass, configuration);
}

interface ConfigurationState {
  /** The stored object. */
  readonly configuration: Stored<Configuration> | undefined;
  /** False if this plan creates it or corrects its spec. */
  readonly isCurrent: boolean;
}

function ensureConfiguration({ object, world, plan }: ServicePass): ConfigurationState | "foreign" {
  const { name, namespace } = object.metadata;
  const configuration = world.get("Configuration.serving.knative.dev", namespace, name);
  if (configuration && !isControlledBy(configuration, object)) return "foreign";
  const wanted = makeConfiguration(object, configuration);
  const seen = configuration && defaulted(configuration, world);
  if (seen && isAsWanted(seen, wanted)) return { configuration, isCurrent: true };
  plan.ensure.push(ensureWhole(wanted));
  if (!configuration) plan.events.push(created("Configuration", name));
  return { configuration, isCurrent: seen !== undefined && sameJson(seen.spec, wanted.spec) };
}

function reconcileRoute(pass: ServicePass, configuration: Stored<Configuration> | undefined): ReconcileError {
  const { object, world, plan, at } = pass;
  const { name, namespace } = object.metadata;
  const route = world.get("Route.serving.knative.dev", namespace, name);
  if (route && !isControlledBy(route, object)) {
    pass.status = lifecycle.markRouteNotOwned(pass.status, name, at);
    return `service: "${name}" does not own route: "${name}"`;
  }
  const wanted = makeRoute(object);
  const seen = route && defaulted(route, world);
  if (!seen || !isAsWanted(seen, wanted)) plan.ensure.push(ensureWhole(wanted));
  if (!route) plan.events.push(created("Route", name));
  const refused = refusalOf(pass, "Route");
  if (refused !== undefined) return refused;
  if (!route || !sameJson(seen?.spec, wanted.spec) || !isObserved(route)) {
    pass.status = lifecycle.markRouteOutOfDate(pass.status, at);
    return undefined;
  }
  pass.status = lifecycle.propagateRouteStatus(pass.status, route.status ?? {}, at);
  const ready = isConditionTrue(pass.status.conditions, "RoutesReady");
  if (ready && !isMigrated(route, configuration)) pass.status = lifecycle.markTrafficNotMigrated(pass.status, at);
  return undefined;
}

/** Returns true if the traffic in the Route's status equals its spec, with the latest ready revision filled in. */
function isMigrated(route: Stored<Route>, configuration: Stored<Configuration> | undefined): boolean {
  const wanted = route.spec.traffic ?? [];
  const actual = route.status?.traffic ?? [];
  const latest = configuration?.status?.latestReadyRevisionName ?? "";
  return (
    wanted.length === actual.length &&
    wanted.every((target, index) => {
      const expected = target.configurationName ? { ...target, revisionName: latest } : target;
      return sameTarget(expected, actual[index] ?? {});
    })
  );
}

function sameTarget(a: TrafficTarget, b: TrafficTarget): boolean {
  return (a.tag ?? "") === (b.tag ?? "") && a.revisionName === b.revisionName && (a.percent ?? 0) === (b.percent ?? 0);
}

function isObserved({ metadata, status }: Configuration | Route): boolean {
  return (status?.observedGeneration ?? 0) === (metadata.generation ?? 0);
}

function created(kind: string, name: string): { type: "Normal"; reason: string; message: string } {
  return { type: "Normal", reason: "Created", message: `Created ${kind} "${name}"` };
}

/** If the API refused the child, replaces the event of its creation by a warning and returns an error text. */
function refusalOf({ object, world, plan }: ServicePass, kind: "Configuration" | "Route"): ReconcileError {
  const { name, namespace } = object.metadata;
  const refusal = world.refusal({ kind: `${kind}.serving.knative.dev`, namespace, name });
  if (!refusal) return undefined;
  const creation = plan.events.findIndex(({ message }) => message === created(kind, name).message);
  if (creation < 0) return `failed to reconcile ${kind}: ${refusal.message}`;
  const message = `Failed to create ${kind} "${name}": ${refusal.message}`;
  plan.events.splice(creation, 1, { type: "Warning", reason: "CreationFailed", message });
  return `failed to create ${kind}: ${refusal.message}`;
}
