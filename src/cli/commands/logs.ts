// `knap logs`: prints the logs of a Service's or Revision's pods, or of one pod; with -f also of pods that start later.
import type { Pod } from "../../apis/core/types.ts";
import {
  CONFIGURATION_LABEL,
  DEFAULT_CONTAINER_ANNOTATION,
  REVISION_LABEL,
  SERVICE_LABEL,
} from "../../apis/serving/labels.ts";
import type { Client, LogsQuery } from "../../client/client.ts";
import { CliError, usageError } from "../cli-error.ts";
import type { GlobalFlags } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { countFlag, durationFlag } from "../flags/parse-flag.ts";
import { parseTargets, type ResourceTarget } from "../objects/targets.ts";
import { connect } from "../session/connect.ts";
import type { Terminal } from "../terminal.ts";
import { notFound } from "./get.ts";

export interface LogsFlags {
  readonly namespace?: string;
  readonly container?: string;
  readonly follow?: boolean;
  readonly since?: string;
  readonly tail?: string;
  readonly timestamps?: boolean;
}

/** The object that an argument names: `pod/x`, `revision/x`, else a Service. */
interface LogTarget {
  readonly target: ResourceTarget;
  readonly name: string;
  includes(pod: Pod): boolean;
}

function logTargetOf(word: string): LogTarget {
  const targets = parseTargets([word.includes("/") ? word : `ksvc/${word}`]);
  if (!targets.ok) throw usageError(targets.error);
  const [target] = targets.value;
  const name = target?.names[0];
  const label = LABELS[target?.resource.kind ?? ""];
  if (target === undefined || name === undefined || (label === undefined && target.resource.kind !== "Pod"))
    throw usageError(`"${word}" has no logs`, "name a Service, revision/NAME or pod/NAME");
  const includes = ({ metadata }: Pod): boolean =>
    label === undefined ? metadata.name === name : metadata.labels?.[label] === name;
  return { target, name, includes };
}

const LABELS: Readonly<Record<string, string>> = {
  "Service.serving.knative.dev": SERVICE_LABEL,
  "Configuration.serving.knative.dev": CONFIGURATION_LABEL,
  "Revision.serving.knative.dev": REVISION_LABEL,
};

const hasStarted = ({ status }: Pod): boolean =>
  status?.containerStatuses?.some(
    ({ state, lastState }) => state?.running || state?.terminated || lastState?.terminated,
  ) ?? false;

/** The container to show when none is named: the one Kubernetes' annotation names. */
function containerOf(pod: Pod, wanted: string | undefined): string | undefined {
  return wanted ?? pod.metadata.annotations?.[DEFAULT_CONTAINER_ANNOTATION];
}

async function printPod(client: Client, pod: Pod, options: LogsQuery, print: (line: string) => void): Promise<void> {
  const { namespace = "", name } = pod.metadata;
  const container = containerOf(pod, options.container);
  const lines = client.logs({ namespace, name }, { ...options, ...(container !== undefined && { container }) });
  for await (const line of lines) print(line);
}

interface Following {
  readonly client: Client;
  readonly namespace: string;
  readonly signal: AbortSignal;
  includes(pod: Pod): boolean;
  show(pod: Pod): Promise<void>;
}

/** Follows the pods that are there and those that come, until interrupted. */
async function followAll({ client, namespace, signal, includes, show }: Following): Promise<void> {
  const followed = new Set<string>();
  const open: Promise<void>[] = [];
  for await (const event of client.watch("Pod", { namespace, signal })) {
    if (event.type === "RESTART" || event.type === "DELETED") continue;
    const pod = event.object;
    const id = pod.metadata.uid ?? pod.metadata.name;
    if (!includes(pod) || followed.has(id) || !hasStarted(pod)) continue;
    followed.add(id);
    // A pod that ends while it is followed has no more logs, so its error is ignored.
    open.push(show(pod).catch(() => {}));
  }
  await Promise.all(open);
}

export async function logs(
  words: readonly string[],
  flags: LogsFlags & GlobalFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const [word = ""] = words;
  const { client } = await connect(flags, terminal);
  const namespace = flags.namespace ?? "default";
  const signal = terminal.interrupts.first;
  const options: LogsQuery = {
    signal,
    ...(flags.follow && { follow: true }),
    ...(flags.timestamps && { timestamps: true }),
    ...(flags.container !== undefined && { container: flags.container }),
    ...(flags.tail !== undefined && { tail: countFlag("tail", flags.tail, 0) }),
    ...(flags.since !== undefined && { sinceSeconds: Math.ceil(durationFlag("since", flags.since) / 1000) }),
  };
  const { target, name, includes } = logTargetOf(word);
  const pods = (await client.list("Pod", { namespace })).items.filter(includes);
  const exists = pods.length > 0 || (await client.get({ kind: target.resource.kind, namespace, name })) !== undefined;
  if (!exists) throw notFound(target, name);
  const prefix = (pod: Pod) =>
    flags.follow || pods.length > 1 ? `${terminal.paint("dim", `[${pod.metadata.name}]`)} ` : "";
  const show = (pod: Pod) => printPod(client, pod, options, (line) => terminal.print(prefix(pod) + line));
  if (flags.follow) {
    await followAll({ client, namespace, signal, includes, show });
    return exitCodes.ok;
  }
  if (pods.length === 0) {
    throw new CliError({
      exitCode: exitCodes.failed,
      what: `there is no pod of "${word}" in namespace ${namespace}`,
      why: "a Service at zero has no pods, and the logs of a pod are deleted with it",
      fix: "follow with -f and send a request, or see `knap events`",
    });
  }
  for (const pod of pods) await show(pod);
  return exitCodes.ok;
}
