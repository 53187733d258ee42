// Renders the user, groups, capabilities and limits of a container for the runtime. Pure.
// Source: k8s.io/kubernetes/pkg/kubelet/kuberuntime/security_context.go, pkg/kubelet/cm/helpers_linux.go.
import type { StoredPod } from "../../../apis/core/pod.ts";
import type { Container, ResourceRequirements, SecurityContext } from "../../../apis/core/pod-spec.ts";
import { quantityNumber } from "../../../base/go/quantity.ts";
import type { ContainerSpec } from "../../runtime/runtime.ts";

type SecurityPart = Pick<
  ContainerSpec,
  "user" | "groups" | "readOnlyRootFilesystem" | "capabilities" | "securityOptions"
>;
type LimitPart = Pick<ContainerSpec, "cpuNanos" | "cpuShares" | "memoryBytes">;

type Machine = { readonly nodeCpus: number; readonly nodeMemoryBytes: number };
interface RenderedLimits {
  readonly limits: LimitPart;
  readonly reduced: readonly string[];
}

const MIB = 2 ** 20;
/** The kernel's bounds of cpu shares. */
const MIN_SHARES = 2;
const MAX_SHARES = 262_144;
/** The engine refuses smaller limits. */
const MIN_CPUS = 0.01;
const MIN_MEMORY = 6 * MIB;
const SHARES_PER_CPU = 1024;

/**
 * Merges the security contexts. The container's settings override the pod's. The error says why the user is refused.
 */
export function renderSecurity(
  pod: StoredPod,
  container: Container,
  imageUser: string,
): { readonly security: SecurityPart } | { readonly error: string } {
  const own = container.securityContext ?? {};
  const shared = pod.spec.securityContext ?? {};
  const uid = own.runAsUser ?? shared.runAsUser;
  const gid = own.runAsGroup ?? shared.runAsGroup;
  const nonRoot = own.runAsNonRoot ?? shared.runAsNonRoot ?? false;
  const refused = nonRoot ? rootRefusal(pod, container, uid, imageUser) : undefined;
  if (refused !== undefined) return { error: refused };
  const name = uid === undefined ? imageUser.split(":")[0] || "0" : String(uid);
  const groups = [...(shared.supplementalGroups ?? []), ...(shared.fsGroup === undefined ? [] : [shared.fsGroup])];
  const options = securityOptions(own, shared.seccompProfile);
  return {
    security: {
      user: gid === undefined ? (uid === undefined ? undefined : name) : `${name}:${gid}`,
      groups: groups.map(String),
      readOnlyRootFilesystem: own.readOnlyRootFilesystem,
      capabilities: own.capabilities && { add: own.capabilities.add ?? [], drop: own.capabilities.drop ?? [] },
      securityOptions: options,
    },
  };
}

/**
 * Renders limits and requests as cgroup settings, within what the machine has and the engine accepts. A limit without a
 * request counts as the request. `reduced`: a text for each limit that exceeds the machine.
 */
export function renderLimits({ limits, requests }: ResourceRequirements = {}, machine: Machine): RenderedLimits {
  const { nodeCpus, nodeMemoryBytes } = machine;
  const cpuLimit = amount(limits?.["cpu"]);
  const cpuRequest = amount(requests?.["cpu"]) ?? cpuLimit ?? 0;
  const memory = amount(limits?.["memory"]);
  const reduced = [
    ...(cpuLimit !== undefined && cpuLimit > nodeCpus ? [`cpu limit ${limits?.["cpu"]}: has ${nodeCpus}`] : []),
    ...(memory !== undefined && memory > nodeMemoryBytes
      ? [`memory limit ${limits?.["memory"]}: has ${Math.floor(nodeMemoryBytes / MIB)}Mi`]
      : []),
  ];
  return {
    limits: {
      cpuShares: between(MIN_SHARES, Math.floor(cpuRequest * SHARES_PER_CPU), MAX_SHARES),
      cpuNanos: cpuLimit === undefined ? undefined : Math.round(between(MIN_CPUS, cpuLimit, nodeCpus) * 1e9),
      memoryBytes: memory === undefined ? undefined : Math.floor(between(MIN_MEMORY, memory, nodeMemoryBytes)),
    },
    reduced,
  };
}

function between(low: number, value: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}

function amount(quantity: string | number | undefined): number | undefined {
  const value = quantity === undefined ? undefined : quantityNumber(quantity);
  return value === undefined || value <= 0 ? undefined : value;
}

function rootRefusal(
  pod: StoredPod,
  container: Container,
  uid: number | undefined,
  imageUser: string,
): string | undefined {
  const { name, namespace, uid: podUid } = pod.metadata;
  const where = `(pod: "${name}_${namespace}(${podUid})", container: ${container.name ?? ""})`;
  if (uid !== undefined) {
    return uid === 0 ? `container's runAsUser breaks non-root policy ${where}` : undefined;
  }
  const user = imageUser.split(":")[0] ?? "";
  if (user === "" || user === "0") return `container has runAsNonRoot and image will run as root ${where}`;
  if (!/^\d+$/.test(user)) {
    return `container has runAsNonRoot and image has non-numeric user (${user}), cannot verify user is non-root ${where}`;
  }
  return undefined;
}

function securityOptions(own: SecurityContext, shared: SecurityContext["seccompProfile"]): string[] {
  const seccomp = (own.seccompProfile ?? shared)?.type;
  return [
    ...(own.allowPrivilegeEscalation === false ? ["no-new-privileges"] : []),
    ...(seccomp === "Unconfined" ? ["seccomp=unconfined"] : []),
  ];
}
