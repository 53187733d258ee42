// Finds why a Service is not Ready, from its conditions, those of its newest revision, and its pods.
import type { ContainerStatus, Pod } from "../../apis/core/types.ts";
import type { Condition } from "../../apis/meta/conditions.ts";
import { SERVICE_LABEL } from "../../apis/serving/labels.ts";
import type { Revision, Service } from "../../apis/serving/types.ts";
import type { Client } from "../../client/client.ts";

/** Resolves with the pods of a Service. */
export async function listPods(client: Client, { metadata }: Service): Promise<readonly Pod[]> {
  const { namespace = "", name } = metadata;
  return (await client.list("Pod", { namespace, labels: { matchLabels: { [SERVICE_LABEL]: name } } })).items;
}

/** Reads the newest revision and the pods of a Service, and finds its cause. */
export async function findCause(
  client: Client,
  service: Service,
): Promise<{ readonly cause: Cause; readonly pods: readonly Pod[] }> {
  const { namespace = "" } = service.metadata;
  const name = service.status?.latestCreatedRevisionName ?? "";
  const revision = await client.get({ kind: "Revision.serving.knative.dev", namespace, name });
  const pods = await listPods(client, service);
  return { cause: notReadyCause(service, revision, pods), pods };
}

export interface Cause {
  readonly reason: string;
  readonly message: string;
}

/** Reasons of a waiting container that does not start without a change by the user. */
const STUCK: ReadonlySet<string> = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "CreateContainerConfigError",
]);
/** Reasons that say only that something has not happened yet. */
const VAGUE: ReadonlySet<string> = new Set(["", "OutOfDate", "Deploying", "ContainerCreating"]);

const containersOf = ({ status }: Pod): readonly ContainerStatus[] => [
  ...(status?.initContainerStatuses ?? []),
  ...(status?.containerStatuses ?? []),
];

/** Returns why a container of the pods cannot start, such as a missing image; undefined if all can. */
export function stuckCause(pods: readonly Pod[]): Cause | undefined {
  const waiting = pods.flatMap(containersOf).map(({ state }) => state?.waiting);
  const stuck = waiting.find((each) => STUCK.has(each?.reason ?? ""));
  return stuck && { reason: stuck.reason ?? "", message: stuck.message ?? "" };
}

/** Returns why the container ended last, such as a failed probe. */
function exitCause({ name, ready, state, lastState }: ContainerStatus): Cause | undefined {
  const exit = state?.terminated ?? lastState?.terminated;
  if (ready || exit === undefined) return undefined;
  const { exitCode, message, reason = "" } = exit;
  const why = message || reason;
  const names = why.includes(`"${name}"`) ? "" : `container "${name}" ended: `;
  return { reason: `ExitCode${exitCode}`, message: names + why };
}

/**
 * Returns why the pods do not serve: a container that cannot start or ended, no free node, or a probe that does not
 * pass.
 */
function podCause(pods: readonly Pod[]): Cause | undefined {
  const conditions = pods.flatMap(({ metadata, status }) =>
    (status?.conditions ?? []).map((condition) => ({ pod: metadata.name, ...condition })),
  );
  const unscheduled = conditions.find(({ type, status }) => type === "PodScheduled" && status === "False");
  const unready = conditions.find(({ type, status }) => type === "ContainersReady" && status === "False");
  const exit = pods
    .flatMap(containersOf)
    .map(exitCause)
    .find((cause) => cause !== undefined);
  const fromConditions = [unscheduled, unready].find((condition) => condition !== undefined);
  return (
    stuckCause(pods) ??
    exit ??
    (fromConditions && {
      reason: fromConditions.reason ?? "",
      message: `pod ${fromConditions.pod}: ${fromConditions.message ?? ""}`,
    })
  );
}

/** Returns the condition that says most: a failing one, else an Unknown one. Conditions of the revision come first. */
function conditionOf(service: Service, revision: Revision | undefined): Condition | undefined {
  const all = [...(revision?.status?.conditions ?? []), ...(service.status?.conditions ?? [])];
  // Ready only repeats the others.
  const isReady = ({ type }: Condition): boolean => type === "Ready";
  const ordered = [...all.filter((each) => !isReady(each)), ...all.filter(isReady)].filter(({ severity }) => !severity);
  return ordered.find(({ status }) => status === "False") ?? ordered.find(({ status }) => status === "Unknown");
}

/** Pure. The deepest known cause. Pods complete conditions, which often name no probe and no container. */
export function notReadyCause(service: Service, revision: Revision | undefined, pods: readonly Pod[]): Cause {
  const { reason = "", message = "" } = conditionOf(service, revision) ?? {};
  const pod = podCause(pods);
  if (pod === undefined) return { reason, message };
  if (VAGUE.has(reason) || reason === pod.reason) return pod;
  return { reason, message: message.includes(pod.message) ? message : `${message}; ${pod.message}` };
}
