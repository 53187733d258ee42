// Changes the status of a Service. Source: pkg/apis/serving/v1/service_lifecycle.go.
import { conditionOf, serviceConditions } from "../meta/conditions.ts";
import { makeStatusConditions } from "./status-conditions.ts";
import type { ConfigurationStatus, RouteStatus, ServiceStatus } from "./types.ts";

const CONFIGURATION = "ConfigurationsReady";
const ROUTE = "RoutesReady";
const conditions = makeStatusConditions<ServiceStatus>(serviceConditions);

function notOwned(kind: string, name: string): { reason: string; message: string } {
  return { reason: "NotOwned", message: `There is an existing ${kind} "${name}" that we do not own.` };
}

function outOfDate(kind: string): { reason: string; message: string } {
  const message = `The ${kind} is still working to reflect the latest desired specification.`;
  return { reason: "OutOfDate", message };
}

/** Sets ConfigurationsReady to False because the Configuration of this name has another owner. */
export function markConfigurationNotOwned(status: ServiceStatus, name: string, at: string): ServiceStatus {
  return conditions.markFalse(status, CONFIGURATION, at, notOwned("Configuration", name));
}

/** Sets RoutesReady to False because the Route of this name has another owner. */
export function markRouteNotOwned(status: ServiceStatus, name: string, at: string): ServiceStatus {
  return conditions.markFalse(status, ROUTE, at, notOwned("Route", name));
}

/** Sets ConfigurationsReady to Unknown while no reconciler has observed the newest spec of the Configuration. */
export function markConfigurationOutOfDate(status: ServiceStatus, at: string): ServiceStatus {
  return conditions.markUnknown(status, CONFIGURATION, at, outOfDate("Configuration"));
}

/** Sets RoutesReady to Unknown while the Route's newest spec is not observed, or the Route must not change yet. */
export function markRouteOutOfDate(status: ServiceStatus, at: string): ServiceStatus {
  return conditions.markUnknown(status, ROUTE, at, outOfDate("Route"));
}

/** Sets RoutesReady to False because the template names an existing Revision that has another owner or another spec. */
export function markRevisionNameTaken(status: ServiceStatus, name: string, at: string): ServiceStatus {
  const message = `The revision name "${name}" is taken by a conflicting Revision, so traffic will not be migrated`;
  return conditions.markFalse(status, ROUTE, at, { reason: "RevisionNameTaken", message });
}

/** Sets RoutesReady to Unknown while the Route is ready but does not yet send traffic as the Service's spec says. */
export function markTrafficNotMigrated(status: ServiceStatus, at: string): ServiceStatus {
  const message = "Traffic is not yet migrated to the latest revision.";
  return conditions.markUnknown(status, ROUTE, at, { reason: "TrafficNotMigrated", message });
}

/** Copies the Configuration's revision names and Ready condition. */
export function propagateConfigurationStatus(
  status: ServiceStatus,
  configuration: ConfigurationStatus,
  at: string,
): ServiceStatus {
  const { latestReadyRevisionName: _ready, latestCreatedRevisionName: _created, ...rest } = status;
  const { latestReadyRevisionName, latestCreatedRevisionName } = configuration;
  const next: ServiceStatus = {
    ...rest,
    ...(latestReadyRevisionName ? { latestReadyRevisionName } : {}),
    ...(latestCreatedRevisionName ? { latestCreatedRevisionName } : {}),
  };
  const ready = conditionOf(configuration.conditions, "Ready");
  return ready ? conditions.copy(next, CONFIGURATION, at, ready) : next;
}

/** Copies the Route's address, URL, traffic and Ready condition. */
export function propagateRouteStatus(status: ServiceStatus, route: RouteStatus, at: string): ServiceStatus {
  const { url: _url, address: _address, traffic: _traffic, ...rest } = status;
  const next: ServiceStatus = {
    ...rest,
    ...(route.url ? { url: route.url } : {}),
    ...(route.address ? { address: route.address } : {}),
    ...(route.traffic ? { traffic: route.traffic } : {}),
  };
  const ready = conditionOf(route.conditions, "Ready");
  return ready ? conditions.copy(next, ROUTE, at, ready) : next;
}
