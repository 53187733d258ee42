// How a Service's status follows its Configuration and its Route. Source: pkg/apis/serving/v1/service_lifecycle.go.
import { serviceConditions } from "../meta/condition-sets.ts";
import { conditionOf } from "../meta/conditions.ts";
import { statusMarks } from "./status-lifecycle.ts";
import type { ConfigurationStatus, RouteStatus, ServiceStatus } from "./types.ts";

const CONFIGURATION = "ConfigurationsReady";
const ROUTE = "RoutesReady";
const marks = statusMarks<ServiceStatus>(serviceConditions);

function notOwned(kind: string, name: string): { reason: string; message: string } {
  return { reason: "NotOwned", message: `There is an existing ${kind} "${name}" that we do not own.` };
}

function outOfDate(kind: string): { reason: string; message: string } {
  const message = `The ${kind} is still working to reflect the latest desired specification.`;
  return { reason: "OutOfDate", message };
}

/** A Configuration of this name belongs to somebody else. */
export function markConfigurationNotOwned(status: ServiceStatus, name: string, at: string): ServiceStatus {
  return marks.asFalse(status, CONFIGURATION, at, notOwned("Configuration", name));
}

/** A Route of this name belongs to somebody else. */
export function markRouteNotOwned(status: ServiceStatus, name: string, at: string): ServiceStatus {
  return marks.asFalse(status, ROUTE, at, notOwned("Route", name));
}

/** The Configuration has not looked at its newest spec yet. */
export function markConfigurationOutOfDate(status: ServiceStatus, at: string): ServiceStatus {
  return marks.asUnknown(status, CONFIGURATION, at, outOfDate("Configuration"));
}

/** The Route has not looked at its newest spec yet (or must not be touched yet). */
export function markRouteOutOfDate(status: ServiceStatus, at: string): ServiceStatus {
  return marks.asUnknown(status, ROUTE, at, outOfDate("Route"));
}

/** The revision name that the user brought is somebody else's. */
export function markRevisionNameTaken(status: ServiceStatus, name: string, at: string): ServiceStatus {
  const message = `The revision name "${name}" is taken by a conflicting Revision, so traffic will not be migrated`;
  return marks.asFalse(status, ROUTE, at, { reason: "RevisionNameTaken", message });
}

/** The Route serves, but not yet what the spec asks for. */
export function markTrafficNotMigrated(status: ServiceStatus, at: string): ServiceStatus {
  const message = "Traffic is not yet migrated to the latest revision.";
  return marks.asUnknown(status, ROUTE, at, { reason: "TrafficNotMigrated", message });
}

/** Lifts the Configuration's revision names and readiness. */
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
  return ready ? marks.copied(next, CONFIGURATION, at, ready) : next;
}

/** Lifts the Route's address, URL, traffic and readiness. */
export function propagateRouteStatus(status: ServiceStatus, route: RouteStatus, at: string): ServiceStatus {
  const { url: _url, address: _address, traffic: _traffic, ...rest } = status;
  const next: ServiceStatus = {
    ...rest,
    ...(route.url ? { url: route.url } : {}),
    ...(route.address ? { address: route.address } : {}),
    ...(route.traffic ? { traffic: route.traffic } : {}),
  };
  const ready = conditionOf(route.conditions, "Ready");
  return ready ? marks.copied(next, ROUTE, at, ready) : next;
}
