// Validates the probes of the serving container and of sidecars. Source: pkg/apis/serving/k8s_validation.go.

import type { Container, IntOrString, Probe } from "../core/pod-spec.ts";
import { PROBE_HANDLERS } from "../core/probe.ts";
import {
  disallowed,
  type Findings,
  finding,
  invalidValue,
  none,
  oneOfMany,
  oneOfNone,
  outOfBounds,
  via,
} from "../meta/field-error.ts";

const MAX_INT32 = 2 ** 31 - 1;

type PortRule = (port: IntOrString | undefined) => Findings;

/** Validates the probes of the serving container. A named probe port must have the name of the pod's port. */
export function validateProbes(container: Container, portName: string): Findings {
  return validateAll(container, (port) =>
    typeof port === "string" && port !== "" && port !== portName
      ? invalidValue(port, "port", "Probe port must match container port")
      : none,
  );
}

/** Validates the probes of a sidecar, which must have none unless gate multi-container-probing is Enabled. */
export function validateSidecarProbes(container: Container, isProbingEnabled: boolean): Findings {
  if (isProbingEnabled) {
    return validateAll(container, (port) =>
      port === undefined || port === 0 || port === ""
        ? invalidValue(port ?? 0, "port", "Probe port must be specified")
        : none,
    );
  }
  const { livenessProbe, readinessProbe, startupProbe } = container;
  return [
    ...via("livenessProbe", refuseFields(livenessProbe)),
    ...via("readinessProbe", refuseFields(readinessProbe)),
    ...via("startupProbe", refuseFields(startupProbe)),
  ];
}

/** Refuses all fields. Handlers lie in an embedded struct in Go, so their findings have the probe's path. */
function refuseFields(probe: Probe | undefined): Findings {
  const isHandler = new Set<string>(PROBE_HANDLERS);
  return disallowed(...new Set(Object.keys(probe ?? {}).map((field) => (isHandler.has(field) ? "" : field))));
}

function validateAll({ livenessProbe, readinessProbe, startupProbe }: Container, port: PortRule): Findings {
  return [
    ...(livenessProbe ? via("livenessProbe", validateHandlers(livenessProbe, port)) : none),
    ...(readinessProbe
      ? via("readinessProbe", [...validateReadinessTimes(readinessProbe), ...validateHandlers(readinessProbe, port)])
      : none),
    ...(startupProbe ? via("startupProbe", validateHandlers(startupProbe, port)) : none),
  ];
}

/** As in Knative, each handler adds its name to the paths of all findings so far. */
function validateHandlers(probe: Probe, port: PortRule): Findings {
  let findings: Findings = none;
  const present: string[] = [];
  if (probe.httpGet) {
    present.push("httpGet");
    findings = via("httpGet", [...findings, ...port(probe.httpGet.port)]);
  }
  if (probe.tcpSocket) {
    present.push("tcpSocket");
    findings = via("tcpSocket", [...findings, ...port(probe.tcpSocket.port)]);
  }
  if (probe.exec) {
    present.push("exec");
    findings = via("exec", findings);
  }
  if (probe.grpc) {
    present.push("gRPC");
    findings = via("grpc", findings);
  }
  if (present.length === 0) return [...findings, ...oneOfNone(...PROBE_HANDLERS)];
  return present.length > 1 ? [...findings, ...oneOfMany(...present)] : findings;
}

function validateReadinessTimes(probe: Probe): Findings {
  const { periodSeconds = 0, timeoutSeconds = 0, failureThreshold = 0 } = probe;
  const atLeast = (field: string, value: number, lower: number): Findings =>
    value < lower ? outOfBounds(value, lower, MAX_INT32, field) : none;
  const always = [
    ...atLeast("periodSeconds", periodSeconds, 0),
    ...atLeast("initialDelaySeconds", probe.initialDelaySeconds ?? 0, 0),
    ...atLeast("successThreshold", probe.successThreshold ?? 0, 1),
  ];
  if (periodSeconds !== 0) {
    return [
      ...always,
      ...atLeast("timeoutSeconds", timeoutSeconds, 1),
      ...atLeast("failureThreshold", failureThreshold, 1),
    ];
  }
  const unused = (field: string, value: number): Findings =>
    value === 0 ? none : finding(`${field} is disallowed when periodSeconds is zero`, [field]);
  return [...always, ...unused("failureThreshold", failureThreshold), ...unused("timeoutSeconds", timeoutSeconds)];
}
