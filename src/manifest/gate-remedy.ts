// Finds the feature gate that would allow a refused field, and says how to enable it.
import type { Finding } from "../apis/meta/field-error.ts";
import { fieldGates } from "../apis/serving/validation-pod.ts";

const PREFIX = "kubernetes.podspec-";
const VOLUME_GATES: Readonly<Record<string, string>> = {
  emptyDir: `${PREFIX}volumes-emptydir`,
  persistentVolumeClaim: `${PREFIX}persistent-volume-claim`,
  hostPath: `${PREFIX}volumes-hostpath`,
  csi: `${PREFIX}volumes-csi`,
  ephemeral: `${PREFIX}volumes-ephemeral`,
  image: `${PREFIX}volumes-image`,
};
const BY_TEXT: readonly (readonly [start: string, gate: string])[] = [
  ["multi-container is off", "multi-container"],
  ["pod spec support for init-containers is off", `${PREFIX}init-containers`],
  ["EmptyDir volume support", `${PREFIX}volumes-emptydir`],
  ["HostPath volume support", `${PREFIX}volumes-hostpath`],
  ["CSI volume support", `${PREFIX}volumes-csi`],
  ["Ephemeral volume support", `${PREFIX}volumes-ephemeral`],
  ["Image volume support", `${PREFIX}volumes-image`],
  ["Persistent volume claim support", `${PREFIX}persistent-volume-claim`],
  ["Persistent volume write support", `${PREFIX}persistent-volume-write`],
  ["Volume Mount Propagation support", `${PREFIX}volumes-mount-propagation`],
];

/** Returns the feature gate that would allow the refused field; undefined if no gate would. */
export function gateOf({ message }: Finding, path: string): string | undefined {
  const byText = BY_TEXT.find(([start]) => message.startsWith(start))?.[1];
  if (byText !== undefined) return byText;
  if (!message.startsWith("must not set")) return undefined;
  const field = path.slice(path.lastIndexOf(".") + 1);
  if (/\bvolumes\[\d+\]\.[A-Za-z]+$/.test(path)) return VOLUME_GATES[field];
  if (/\bvalueFrom\.(fieldRef|resourceFieldRef)$/.test(path)) return `${PREFIX}fieldref`;
  if (path.endsWith("capabilities.add")) return "kubernetes.containerspec-addcapabilities";
  if (field === "mountPropagation") return `${PREFIX}volumes-mount-propagation`;
  if (/\bcontainers\[\d+\]\.(liveness|readiness|startup)Probe/.test(path)) return "multi-container-probing";
  if (/(^|\.)spec\.securityContext\b/.test(path)) return fieldGates["securityContext"];
  return /(^|\.)spec\.[A-Za-z]+$/.test(path) ? fieldGates[field] : undefined;
}

/** Returns the pod field of a gate, for findings without a path. */
export function gatedField(gate: string): string {
  if (gate === `${PREFIX}init-containers`) return "initContainers";
  return gate === "multi-container" || gate.endsWith("mount-propagation") ? "containers" : "volumes";
}

/** Returns how the user enables a gate. */
export function gateRemedy(gate: string): string {
  return `allowed when feature gate ${gate} is Enabled in ConfigMap config-features of namespace knative-serving (config.features in knap.yaml)`;
}
