// Lists the manifest settings that the process runtime ignores or refuses, by Service and field. Pure.
import { servingContainer } from "../../../apis/core/pod.ts";
import type { Container, PodSpec } from "../../../apis/core/pod-spec.ts";
import type { Service } from "../../../apis/serving/types.ts";

/** The notice only counts the lines beyond this number. */
const MOST_LINES = 8;
const TERMINATION_LOG = "/dev/termination-log";
/** Security fields that the process runtime honours: runAsNonRoot is checked against knap's own user. */
const CHECKED = new Set(["runAsNonRoot"]);
/** Ignored fields of the pod spec, without those that knap also ignores with Docker. */
const POD_FIELDS = [
  "hostAliases",
  "hostIPC",
  "hostNetwork",
  "hostPID",
  "dnsConfig",
  "dnsPolicy",
  "imagePullSecrets",
  "runtimeClassName",
  "shareProcessNamespace",
] as const;

interface Gaps {
  /** The process runs without these settings. */
  readonly without: readonly string[];
  /** The kubelet refuses a pod with these settings; a condition says why. */
  readonly refused: readonly string[];
}

/**
 * Returns the lines of the notice, such as `name: image x, limits (cpu 1); refused: volume mount /data`. Services with
 * the same settings share a line.
 * `isStarted`: whether knap has a command for the Service (`namespace/name`) that replaces the manifest's command.
 */
export function describeProcessGaps(
  services: readonly Service[],
  isStarted: (service: string) => boolean,
): readonly string[] {
  const names = new Map<string, string[]>();
  for (const { metadata, spec } of services) {
    const gaps = gapsText(gapsOf(spec.template.spec ?? { containers: [] }, isStarted(nameOf({ metadata }))));
    if (gaps !== "") names.set(gaps, [...(names.get(gaps) ?? []), metadata.name]);
  }
  const lines = [...names].map(([gaps, who]) => `${who.join(", ")}: ${gaps}`);
  if (lines.length <= MOST_LINES) return lines;
  const more = [...names.values()].slice(MOST_LINES).flat().length;
  return [...lines.slice(0, MOST_LINES), `and ${more} more Services`];
}

function nameOf({ metadata }: Pick<Service, "metadata">): string {
  return `${metadata.namespace ?? "default"}/${metadata.name}`;
}

function gapsText({ without, refused }: Gaps): string {
  const parts = [without.join(", "), refused.length > 0 ? `refused: ${refused.join(", ")}` : ""];
  return parts.filter((part) => part !== "").join("; ");
}

function gapsOf(pod: PodSpec, isStarted: boolean): Gaps {
  const serving = servingContainer(pod.containers);
  const all = [...pod.containers, ...(pod.initContainers ?? [])];
  const each = all.map((container) => {
    const gaps = containerGaps(container, container === serving && isStarted);
    const owner = all.length > 1 ? `${container.name ?? "unnamed"}'s ` : "";
    return { without: gaps.without.map((gap) => owner + gap), refused: gaps.refused.map((gap) => owner + gap) };
  });
  return {
    without: [
      ...each.flatMap(({ without }) => without),
      ...fields("pod securityContext", Object.keys(pod.securityContext ?? {}).filter(isIgnored)),
      ...POD_FIELDS.filter((field) => pod[field] !== undefined),
    ],
    refused: each.flatMap(({ refused }) => refused),
  };
}

function containerGaps(container: Container, isStarted: boolean): Gaps {
  const { image, imagePullPolicy, command, args, workingDir, resources } = container;
  const { terminationMessagePath = TERMINATION_LOG } = container;
  const limits = Object.entries(resources?.limits ?? {}).map(([name, amount]) => `${name} ${amount}`);
  return {
    without: [
      ...(image ? [`image ${image}`] : []),
      ...(imagePullPolicy ? [`imagePullPolicy ${imagePullPolicy}`] : []),
      ...(isStarted && command?.length ? ["command"] : []),
      ...(isStarted && args?.length ? ["args"] : []),
      ...(workingDir ? [`workingDir ${workingDir}`] : []),
      ...fields("limits", limits),
      ...fields("securityContext", Object.keys(container.securityContext ?? {}).filter(isIgnored)),
      ...(terminationMessagePath === TERMINATION_LOG ? [] : [`terminationMessagePath ${terminationMessagePath}`]),
    ],
    refused: [
      ...(container.volumeMounts ?? []).map(({ mountPath }) => `volume mount ${mountPath}`),
      ...(isStarted || command?.length ? [] : ["start without a command"]),
    ],
  };
}

const isIgnored = (field: string): boolean => !CHECKED.has(field);

function fields(name: string, listed: readonly string[]): readonly string[] {
  return listed.length > 0 ? [`${name} (${listed.join(", ")})`] : [];
}
