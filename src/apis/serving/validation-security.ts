// Validates security contexts, and warns of Kubernetes' insecure defaults.
// Source: pkg/apis/serving/k8s_validation.go, fieldmask.go.
import type { FeaturesConfig } from "../config/types.ts";
import type { Container, PodSpec, SecurityContext } from "../core/pod-spec.ts";
import {
  asWarnings,
  disallowed,
  type Findings,
  finding,
  invalidValue,
  none,
  outOfBounds,
  via,
  viaIndex,
} from "../meta/field-error.ts";

const LARGEST = 2 ** 31 - 1;
const CONTAINER_FIELDS = new Set([
  "capabilities",
  "readOnlyRootFilesystem",
  "runAsUser",
  "runAsGroup",
  "runAsNonRoot",
  "allowPrivilegeEscalation",
  "seccompProfile",
]);
const POD_FIELDS = new Set([
  "runAsUser",
  "runAsGroup",
  "runAsNonRoot",
  "fsGroup",
  "supplementalGroups",
  "seccompProfile",
]);
const INSECURE = "Kubernetes default value is insecure, Knative may default this to secure in a future release";

const identifier = (field: string, id: number | undefined): Findings =>
  id !== undefined && (id < 0 || id > LARGEST) ? outOfBounds(id, 0, LARGEST, field) : none;

/** Validates a container's security context. Paths are relative to it. */
export function validateSecurityContext(context: SecurityContext, features: FeaturesConfig): Findings {
  const wrong = Object.keys(context).filter(
    (field) => !CONTAINER_FIELDS.has(field) && !(field === "privileged" && context.privileged === false),
  );
  const { add } = context.capabilities ?? {};
  return [
    ...disallowed(...wrong),
    ...(add === undefined || mayAdd(add, features) ? none : disallowed("capabilities.add")),
    ...identifier("runAsUser", context.runAsUser),
    ...identifier("runAsGroup", context.runAsGroup),
  ];
}

function mayAdd(capabilities: readonly string[], features: FeaturesConfig): boolean {
  if (features.gates["kubernetes.containerspec-addcapabilities"] === "Enabled") return true;
  return features.securePodDefaults !== "Disabled" && capabilities.join() === "NET_BIND_SERVICE";
}

/** Validates the pod's security context. Paths are relative to it. */
export function validatePodSecurityContext(
  context: NonNullable<PodSpec["securityContext"]>,
  features: FeaturesConfig,
): Findings {
  const isGateOpen = features.gates["kubernetes.podspec-securitycontext"] !== "Disabled";
  const { type = "", ...further } = context.seccompProfile ?? {};
  const isDefaultSeccomp =
    features.securePodDefaults !== "Disabled" &&
    (type === "RuntimeDefault" || type === "Unconfined") &&
    Object.keys(further).length === 0;
  const isAllowed = (field: string): boolean =>
    isGateOpen ? POD_FIELDS.has(field) : field === "seccompProfile" && isDefaultSeccomp;
  return [
    ...disallowed(...Object.keys(context).filter((field) => !isAllowed(field))),
    ...identifier("runAsUser", context.runAsUser),
    ...identifier("runAsGroup", context.runAsGroup),
    ...identifier("fsGroup", context.fsGroup),
    ...(context.supplementalGroups ?? []).flatMap((group, at) => identifier(`supplementalGroups[${at}]`, group)),
  ];
}

/** Warns of each container field that stays at Kubernetes' insecure default, unless secure-pod-defaults is on. */
export function warnInsecure(spec: PodSpec, features: FeaturesConfig): Findings {
  if (features.securePodDefaults !== "Disabled") return none;
  const warn = (list: "containers" | "initContainers", containers: readonly Container[] | undefined): Findings =>
    (containers ?? []).flatMap((container, at) =>
      viaIndex(list, at, via("securityContext", insecureFields(spec.securityContext, container.securityContext ?? {}))),
    );
  return asWarnings([...warn("containers", spec.containers), ...warn("initContainers", spec.initContainers)]);
}

function insecureFields(pod: PodSpec["securityContext"], own: SecurityContext): Findings {
  const insecure = (field: string): Findings => finding(INSECURE, [field]);
  const hasRunAsNonRoot = pod?.runAsNonRoot !== undefined || own.runAsNonRoot !== undefined;
  const hasProfile = pod?.seccompProfile !== undefined || own.seccompProfile !== undefined;
  const hasProfileType = Boolean(pod?.seccompProfile?.type) || Boolean(own.seccompProfile?.type);
  return [
    ...(hasRunAsNonRoot ? none : insecure("runAsNonRoot")),
    ...(own.allowPrivilegeEscalation === undefined ? insecure("allowPrivilegeEscalation") : none),
    ...(hasProfile ? none : insecure("seccompProfile")),
    ...(hasProfile && !hasProfileType ? insecure("seccompProfile.type") : none),
    ...insecureCapabilities(own.capabilities, insecure),
  ];
}

function insecureCapabilities(
  capabilities: SecurityContext["capabilities"],
  insecure: (field: string) => Findings,
): Findings {
  if (!capabilities) return insecure("capabilities");
  if (!capabilities.drop || capabilities.drop.length === 0) return insecure("capabilities.drop");
  return capabilities.drop.includes("all")
    ? invalidValue("all", "capabilities.drop", "Must be spelled as 'ALL'")
    : none;
}
