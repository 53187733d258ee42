// Rules of probes, for the container that serves and for its sidecars. Source: pkg/apis/serving/k8s_validation.go.
import type { Container, IntOrString, Probe } from "../core/pod-spec.ts";
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

const LARGEST = 2 ** 31 - 1;
const HANDLERS = ["httpGet", "tcpSocket", "exec", "grpc"] as const;

/** How a probe's port is judged: by the name of the only port, or that it is given at all. */
type PortRule = (port: IntOrString | undefined) => Findings;

/** The probes of the container that serves. Named probe ports must name the pod's port. */
export function validateProbes(container: Container, portName: string): Findings {
  return validateAll(container, (port) =>
    typeof port === "string" && port !== "" && port !== portName
      ? invalidValue(port, "port", "Probe port must match container port")
      : none,
  );
}

/** The probes of a sidecar: none at all, unless gate multi-container-probing is Enabled. */
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
    ...via("livenessProbe", setFields(livenessProbe)),
    ...via("readinessProbe", setFields(readinessProbe)),
    ...via("startupProbe", setFields(startupProbe)),
  ];
}

/** Handlers lie in an embedded struct, so Knative names them by the probe alone. */
function setFields(probe: Probe | undefined): Findings {
  const isHandler = new Set<string>(HANDLERS);
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

/** Each handler puts its name before what was found so far, as in Knative. */
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
  if (present.length === 0) return [...findings, ...oneOfNone(...HANDLERS)];
  return present.length > 1 ? [...findings, ...oneOfMany(...present)] : findings;
}

function validateReadinessTimes(probe: Probe): Findings {
  const { periodSeconds = 0, timeoutSeconds = 0, failureThreshold = 0 } = probe;
  const atLeast = (field: string, value: number, lower: number): Findings =>
    value < lower ? outOfBounds(value, lower, LARGEST, field) : none;
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
