// What the manifests of Services ask for that a process does not get: by Service and field, for one notice. Pure; it refuses nothing itself.

import { servingContainer } from "../../../apis/core/pod.ts";
import type { Container, PodSpec } from "../../../apis/core/pod-spec.ts";
import type { Service } from "../../../apis/serving/types.ts";

/** Whom a person still reads; the rest is counted. */
const MOST_LINES = 8;
const TERMINATION_LOG = "/dev/termination-log";
/** Of a process too: knap's own user is looked at in place of the image's. */
const CHECKED = new Set(["runAsNonRoot"]);
/** Of the pod; what a laptop's Docker has no use for either is not named. */
const POD_FIELDS = ["hostAliases", "dnsConfig", "runtimeClassName", "shareProcessNamespace"] as const;

interface Gaps {
  /** Left out: the process runs without it. */
  readonly without: readonly string[];
  /** The pod is refused, with a condition that says so. */
  readonly refused: readonly string[];
}

/**
 * The lines of the notice: `name: image x, limits (cpu 1); refused: volume mounts /data`. Services that ask for the same share a line.
 * `isStarted`: whether knap has a command for the Service (`namespace/name`), which then takes the place of the manifest's.
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
    const whose = all.length > 1 ? `${container.name ?? "unnamed"}'s ` : "";
    return { without: gaps.without.map((gap) => whose + gap), refused: gaps.refused.map((gap) => whose + gap) };
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
  const { image, command, args, workingDir, terminationMessagePath = TERMINATION_LOG, resources } = container;
  const limits = Object.entries(resources?.limits ?? {}).map(([name, amount]) => `${name} ${amount}`);
  return {
    without: [
      ...(image ? [`image ${image}`] : []),
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
