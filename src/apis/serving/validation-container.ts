// Validates containers, and the ports of the serving container.
// Source: pkg/apis/serving/k8s_validation.go, fieldmask.go.

import type { FeaturesConfig } from "../config/types.ts";
import { parseImageReference } from "../core/image-reference.ts";
import { QUEUE_PROXY } from "../core/pod.ts";
import type { Container, ContainerPort, EnvFromSource, EnvVar, Volume } from "../core/pod-spec.ts";
import {
  disallowed,
  type Findings,
  finding,
  invalidValue,
  missing,
  none,
  oneOfMany,
  oneOfNone,
  outOfBounds,
  via,
  viaIndex,
} from "../meta/field-error.ts";
import { sameValue } from "../meta/same-value.ts";
import { RESERVED_PORTS } from "../networking/ports.ts";
import { validateVolumeMounts } from "./validation-mounts.ts";
import { validateSecurityContext } from "./validation-security.ts";

const FIELDS = new Set([
  "name",
  "args",
  "command",
  "env",
  "workingDir",
  "envFrom",
  "image",
  "imagePullPolicy",
  "livenessProbe",
  "ports",
  "readinessProbe",
  "resources",
  "securityContext",
  "startupProbe",
  "terminationMessagePath",
  "terminationMessagePolicy",
  "volumeMounts",
]);
const EMPTY: Container = { name: "", resources: {} };
const RESERVED_ENV = ["K_SERVICE", "K_CONFIGURATION", "K_REVISION"];

export interface PodContext {
  readonly volumes: ReadonlyMap<string, Volume>;
  readonly features: FeaturesConfig;
  /** Name of the port that receives requests; `http` if the port has no name. */
  readonly portName: string;
}

/** Validates a container without its probes. The serving container must not set PORT; others may. */
export function validateContainer(container: Container, { features, volumes }: PodContext, role?: "serves"): Findings {
  if (sameValue(container, EMPTY)) return missing("");
  const { resources, securityContext, terminationMessagePolicy: policy = "" } = container;
  const resourceFields = Object.keys(resources ?? {}).filter((field) => field !== "limits" && field !== "requests");
  const isPolicy = ["", "File", "FallbackToLogsOnError"].includes(policy);
  return [
    ...disallowed(...Object.keys(container).filter((field) => !FIELDS.has(field))),
    ...(container.name === QUEUE_PROXY ? finding('"queue-proxy" is a reserved container name', ["name"]) : none),
    ...validateImage(container.image ?? ""),
    ...via("resources", disallowed(...resourceFields)),
    ...via("env", validateEnv(container.env ?? [], features, role)),
    ...via("envFrom", validateEnvFrom(container.envFrom ?? [])),
    ...(securityContext ? via("securityContext", validateSecurityContext(securityContext, features)) : none),
    ...(isPolicy ? none : invalidValue(policy, "terminationMessagePolicy")),
    ...via("volumeMounts", validateVolumeMounts(container.volumeMounts ?? [], volumes, features)),
  ];
}

function validateImage(image: string): Findings {
  if (image === "") return missing("image");
  if (parseImageReference(image)) return none;
  const details = `image: ${JSON.stringify(image)}, error: could not parse reference: ${image}`;
  return finding("Failed to parse image reference", ["image"], details);
}

function validateEnv(env: readonly EnvVar[], features: FeaturesConfig, role: "serves" | undefined): Findings {
  const reserved = new Set(role === "serves" ? ["PORT", ...RESERVED_ENV] : RESERVED_ENV);
  const allowsFieldRef = features.gates["kubernetes.podspec-fieldref"] !== "Disabled";
  const sources = new Set([
    "configMapKeyRef",
    "secretKeyRef",
    ...(allowsFieldRef ? ["fieldRef", "resourceFieldRef"] : []),
  ]);
  return env.flatMap(({ name, valueFrom }, index) =>
    viaIndex("", index, [
      ...(name === "" ? missing("name") : none),
      ...(reserved.has(name) ? finding(`${JSON.stringify(name)} is a reserved environment variable`, ["name"]) : none),
      ...via("valueFrom", disallowed(...Object.keys(valueFrom ?? {}).filter((field) => !sources.has(field)))),
    ]),
  );
}

/** As in Knative, each reference adds its name and index to the paths of all findings so far. */
function validateEnvFrom(sources: readonly EnvFromSource[]): Findings {
  return sources.reduce((found: Findings, { configMapRef, secretRef }, index) => {
    let findings = found;
    if (secretRef) findings = viaIndex("secretRef", index, findings);
    if (configMapRef) findings = viaIndex("configMapRef", index, findings);
    if (configMapRef && secretRef) return [...findings, ...oneOfMany("configMapRef", "secretRef")];
    return configMapRef || secretRef ? findings : [...findings, ...oneOfNone("configMapRef", "secretRef")];
  }, none);
}

/** Validates the first port of the serving container. */
export function validateServingPort(ports: readonly ContainerPort[]): Findings {
  const port = ports[0];
  if (!port) return none;
  const { protocol = "", name = "" } = port;
  const isName = name === "" || name === "h2c" || name === "http1";
  return via("ports", [
    ...validatePort(port),
    ...(protocol === "" || protocol === "TCP" ? none : invalidValue(protocol, "protocol")),
    ...(isName
      ? none
      : finding(`Port name ${name} is not allowed`, [""], "Name must be empty, or one of: 'h2c', 'http1'")),
  ]);
}

/** Validates a port of any container. */
export function validatePort(port: ContainerPort): Findings {
  const wrong = Object.keys(port).filter((field) => field === "hostIP" || field === "hostPort");
  return [...disallowed(...wrong), ...validatePortNumber(port)];
}

function validatePortNumber({ containerPort }: ContainerPort): Findings {
  if (RESERVED_PORTS.has(containerPort)) {
    const text = `${containerPort} is a reserved port`;
    return invalidValue(text, "containerPort", `${text}, please use a different value`);
  }
  const isPort = containerPort >= 0 && containerPort <= 65535;
  return isPort ? none : outOfBounds(containerPort, 0, 65535, "containerPort");
}

/** At most one port over all containers, and exactly one if there are several containers. */
export function validatePortCount(containers: readonly Container[]): Findings {
  const count = containers.reduce((sum, { ports }) => sum + (ports?.length ?? 0), 0);
  if (count > 1) {
    const details = "Only a single port is allowed across all containers";
    return finding("more than one container port is set", ["containers[*].ports"], details);
  }
  return count === 0 && containers.length > 1 ? missing("containers[*].ports") : none;
}
