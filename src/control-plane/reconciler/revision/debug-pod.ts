// Changes the pod spec of a debugged Revision: the serving container starts under its debugger, and neither a probe nor
// a timeout acts while a breakpoint holds the app. Knative has no such mode.
import { QUEUE_PROXY, servingContainer } from "../../../apis/core/pod.ts";
import type { Container, EnvVar, PodSpec, Probe } from "../../../apis/core/pod-spec.ts";
import { DEBUG_TIMEOUT_SECONDS, type DebugSettings } from "../../../apis/serving/debug.ts";

/** A probe with this threshold still finds out when the container is ready, but never reports a failure. */
const NEVER = 2 ** 31 - 1;
/** 0 turns a limit off; the time limit of requests has no such value. */
const LIMITS: Readonly<Record<string, string>> = {
  REVISION_TIMEOUT_SECONDS: String(DEBUG_TIMEOUT_SECONDS),
  REVISION_RESPONSE_START_TIMEOUT_SECONDS: "0",
  REVISION_IDLE_TIMEOUT_SECONDS: "0",
};

export function withDebugger(spec: PodSpec, debug: DebugSettings): PodSpec {
  const serving = servingContainer(spec.containers);
  const containers = spec.containers.map((container) => {
    const patient = withPatientProbes(container);
    if (container.name === QUEUE_PROXY) return { ...patient, env: (patient.env ?? []).map(withoutLimit) };
    return container === serving ? underDebugger(patient, debug) : patient;
  });
  return { ...spec, containers };
}

function withPatientProbes({ livenessProbe: _, startupProbe, readinessProbe, ...container }: Container): Container {
  const patient = (probe: Probe): Probe => ({ ...probe, failureThreshold: NEVER });
  return {
    ...container,
    ...(startupProbe && { startupProbe: patient(startupProbe) }),
    ...(readinessProbe && { readinessProbe: patient(readinessProbe) }),
  };
}

function withoutLimit(variable: EnvVar): EnvVar {
  const value = LIMITS[variable.name];
  return value === undefined ? variable : { ...variable, value };
}

function underDebugger(container: Container, { command, env = {}, containerPort }: DebugSettings): Container {
  const { ports = [], env: before = [], args, ...rest } = container;
  const isDeclared = ports.some((port) => port.containerPort === containerPort);
  return {
    ...rest,
    ...(command ? { command } : args && { args }),
    ports: isDeclared ? ports : [...ports, { name: "debugger", containerPort }],
    env: [...before, ...Object.entries(env).map(([name, value]) => appended(name, value, before))],
  };
}

/** The kubelet fills in the earlier value of the variable. */
function appended(name: string, value: string, before: readonly EnvVar[]): EnvVar {
  return { name, value: before.some((known) => known.name === name) ? `$(${name}) ${value}` : value };
}
