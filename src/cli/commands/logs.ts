// `knap logs`: prints the logs of a Service's or Revision's pods, or of one pod; with -f also of pods that start later.
import type { Pod } from "../../apis/core/types.ts";
import type { Kind } from "../../apis/kinds.ts";
import {
  CONFIGURATION_LABEL,
  DEFAULT_CONTAINER_ANNOTATION,
  REVISION_LABEL,
  SERVICE_LABEL,
} from "../../apis/serving/labels.ts";
import type { Client, LogsQuery } from "../../client/client.ts";
import { CliError } from "../cli-error.ts";
import type { CommandBody } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { type NamedTarget, namedTarget, notFound } from "../objects/fetch-targets.ts";
import { answerLine } from "../output/answers.ts";
import { connect } from "../session/connect.ts";

export interface LogsFlags {
  readonly namespace?: string;
  readonly container?: string;
  readonly follow?: boolean;
  /** Milliseconds. */
  readonly since?: number;
  readonly tail?: number;
  readonly timestamps?: boolean;
  readonly output?: string;
}

/** Kind → label of its pods, whose value is the object's name. */
const LABELS: ReadonlyMap<Kind, string> = new Map<Kind, string>([
  ["Service.serving.knative.dev", SERVICE_LABEL],
  ["Configuration.serving.knative.dev", CONFIGURATION_LABEL],
  ["Revision.serving.knative.dev", REVISION_LABEL],
]);

function podFilter({ resource, name }: NamedTarget): (pod: Pod) => boolean {
  const label = LABELS.get(resource.kind);
  return ({ metadata }) => (label === undefined ? metadata.name === name : metadata.labels?.[label] === name);
}

const hasStarted = ({ status }: Pod): boolean =>
  status?.containerStatuses?.some(
    ({ state, lastState }) => state?.running || state?.terminated || lastState?.terminated,
  ) ?? false;

const containerOf = ({ metadata }: Pod, { container }: LogsQuery): string | undefined =>
  container ?? metadata.annotations?.[DEFAULT_CONTAINER_ANNOTATION];

async function printPod(client: Client, pod: Pod, options: LogsQuery, print: (line: string) => void): Promise<void> {
  const { namespace = "", name } = pod.metadata;
  const lines = client.logs({ namespace, name }, { ...options, container: containerOf(pod, options) });
  for await (const line of lines) print(line);
}

/** `stamped`: a line after its time. */
function logLine(pod: Pod, options: LogsQuery, stamped: string): string {
  const [, time, line] = /^(\S+) (.*)$/s.exec(stamped) ?? [undefined, undefined, stamped];
  const { namespace, name } = pod.metadata;
  return answerLine("LogLine", { time, namespace, pod: name, container: containerOf(pod, options), line });
}

interface Following {
  readonly client: Client;
  readonly namespace: string;
  readonly signal: AbortSignal;
  includes(pod: Pod): boolean;
  show(pod: Pod): Promise<void>;
}

/** Follows existing and new pods until the signal aborts. */
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

export const logs: CommandBody<LogsFlags> = async (args, flags, terminal) => {
  const [arg = ""] = args;
  const target = namedTarget(arg, [...LABELS.keys(), "Pod"]);
  const { client } = await connect(flags, terminal);
  const { namespace = "default", container, follow, tail } = flags;
  const signal = terminal.interrupts.first;
  const sinceSeconds = flags.since === undefined ? undefined : Math.ceil(flags.since / 1000);
  const isJson = flags.output === "json";
  const timestamps = isJson || flags.timestamps;
  const options: LogsQuery = { signal, follow, timestamps, container, tail, sinceSeconds };
  const includes = podFilter(target);
  const pods = (await client.list("Pod", { namespace })).items.filter(includes);
  const { resource, name } = target;
  const exists = pods.length > 0 || (await client.get({ kind: resource.kind, namespace, name })) !== undefined;
  if (!exists) throw notFound(resource, name);
  const prefix = (pod: Pod) => (follow || pods.length > 1 ? `${terminal.paint("dim", `[${pod.metadata.name}]`)} ` : "");
  const lineText = (pod: Pod, line: string) => (isJson ? logLine(pod, options, line) : prefix(pod) + line);
  const show = (pod: Pod) => printPod(client, pod, options, (line) => terminal.print(lineText(pod, line)));
  if (follow) {
    await followAll({ client, namespace, signal, includes, show });
    return exitCodes.ok;
  }
  if (pods.length === 0) {
    throw new CliError({
      code: "NOT_FOUND",
      what: `there is no pod of "${arg}" in namespace ${namespace}`,
      why: "a Service at zero has no pods, and the logs of a pod are deleted with it",
      fix: "follow with -f and send a request, or see `knap events`",
    });
  }
  for (const pod of pods) await show(pod);
  return exitCodes.ok;
};
