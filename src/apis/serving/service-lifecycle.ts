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

/** The Configuration of this name has another owner. */
export function markConfigurationNotOwned(status: ServiceStatus, name: string, at: string): ServiceStatus {
  return conditions.markFalse(status, CONFIGURATION, at, notOwned("Configuration", name));
}

/** The Route of this name has another owner. */
export function markRouteNotOwned(status: ServiceStatus, name: string, at: string): ServiceStatus {
  return conditions.markFalse(status, ROUTE, at, notOwned("Route", name));
}

/** The Configuration's planner has not seen its newest spec yet. */
export function markConfigurationOutOfDate(status: ServiceStatus, at: string): ServiceStatus {
  return conditions.markUnknown(status, CONFIGURATION, at, outOfDate("Configuration"));
}

/** The Route's planner has not seen its newest spec yet, or the Service must not change the Route yet. */
export function markRouteOutOfDate(status: ServiceStatus, at: string): ServiceStatus {
  return conditions.markUnknown(status, ROUTE, at, outOfDate("Route"));
}

/** A Revision with the name in the template exists and has another owner or another spec. */
export function markRevisionNameTaken(status: ServiceStatus, name: string, at: string): ServiceStatus {
  const message = `The revision name "${name}" is taken by a conflicting Revision, so traffic will not be migrated`;
  return conditions.markFalse(status, ROUTE, at, { reason: "RevisionNameTaken", message });
}

/** The Route is ready, but its traffic is not yet that of the spec. */
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
