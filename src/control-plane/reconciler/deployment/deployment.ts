// Plans for a Deployment: its Pods and its status. knap has no ReplicaSets, so the Deployment owns its Pods.
import { DEFAULT_ACCOUNT, isPodActive, isPodReady } from "../../../apis/core/pod.ts";
import type { Deployment, DeploymentStatus, Pod } from "../../../apis/core/types.ts";
import { keyOf, type ObjectKey } from "../../../apis/meta/key.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import type { EventNote, Plan, Reconciler, World } from "../../controller/reconciler.ts";
import { isControlledBy } from "../ownership.ts";
import { choosePods } from "./choose-pods.ts";
import { makePod, replicaSetName, TEMPLATE_HASH_LABEL, templateHash } from "./make-pod.ts";
import { type Counts, deploymentConditions, msToDeadline } from "./progress.ts";
import { quotaRefusal } from "./quota.ts";

const KIND = "Deployment.apps";

export const deploymentPlanner: Reconciler<typeof KIND> = {
  name: "deployment",
  kind: KIND,
  watches: (changed, view): readonly ObjectKey[] => {
    if (changed.kind !== "ResourceQuota") return [];
    return view.list(KIND, { namespace: changed.metadata.namespace ?? "" }).map(keyOf) as ObjectKey[];
  },
  reconcile: (deployment, world): Plan<typeof KIND> => {
    if (deployment.metadata.deletionTimestamp !== undefined) return {};
    const hash = world.derived(templateHash, deployment.spec.template);
    const pods = podsOf(deployment, world);
    const wanted = deployment.spec.replicas ?? 1;
    const { create, retire } = choosePods(wanted, pods, (pod) => isOfTemplate(pod, hash));
    const made = makePods({ deployment, hash, existing: pods, count: create }, world);
    const status = statusOf({ deployment, hash, alive: pods.filter(isPodActive), failure: made.failure }, world);
    const deadline = msToDeadline(
      deployment,
      status.conditions?.find(({ type }) => type === "Progressing"),
      world,
    );
    return {
      status,
      create: made.pods,
      retire: retire.map((pod) => ({ key: keyOf(pod), uid: pod.metadata.uid })),
      events: scalingEvents(deployment, hash, {
        before: pods.filter(isPodActive).length,
        made,
        stopped: retire.length,
      }),
      ...(deadline === undefined ? {} : { requeueAfterMs: [deadline] }),
    };
  },
};

function isOfTemplate({ metadata }: Pod, hash: string): boolean {
  return metadata.labels?.[TEMPLATE_HASH_LABEL] === hash;
}

function podsOf(deployment: Stored<Deployment>, world: World): readonly Stored<Pod>[] {
  const namespace = deployment.metadata.namespace;
  const selected = world.list("Pod", { namespace, labels: deployment.spec.selector });
  return selected.filter((pod) => isControlledBy(pod, deployment));
}

interface Made {
  readonly pods: readonly Pod[];
  readonly failure: string | undefined;
}

interface Order {
  readonly deployment: Stored<Deployment>;
  readonly hash: string;
  readonly existing: readonly Stored<Pod>[];
  readonly count: number;
}

/** Makes Pods until a quota refuses a Pod. */
function makePods({ deployment, hash, existing, count }: Order, world: World): Made {
  if (count === 0) return { pods: [], failure: undefined };
  const { namespace } = deployment.metadata;
  const quotas = world.list("ResourceQuota", { namespace });
  const { serviceAccountName = DEFAULT_ACCOUNT } = deployment.spec.template.spec;
  const account = world.get("ServiceAccount", namespace, serviceAccountName);
  const taken = new Set(existing.map((pod) => pod.metadata.name));
  const pods: Pod[] = [];
  for (let attempt = 0; pods.length < count; attempt++) {
    const pod = makePod(deployment, hash, `${world.now}/${attempt}`, account);
    if (taken.has(pod.metadata.name)) continue;
    const others = quotas.length === 0 ? [] : [...world.list("Pod", { namespace }), ...pods];
    const failure = quotaRefusal(pod, others, quotas);
    if (failure !== undefined) return { pods, failure };
    taken.add(pod.metadata.name);
    pods.push(pod);
  }
  return { pods, failure: undefined };
}

interface State {
  readonly deployment: Stored<Deployment>;
  readonly hash: string;
  readonly alive: readonly Stored<Pod>[];
  /** Why a Pod could not be created. */
  readonly failure: string | undefined;
}

function statusOf({ deployment, hash, alive, failure }: State, at: World): DeploymentStatus {
  const ready = alive.filter(isPodReady).length;
  const counts: Counts = {
    replicas: alive.length,
    updatedReplicas: alive.filter((pod) => isOfTemplate(pod, hash)).length,
    readyReplicas: ready,
    availableReplicas: ready,
  };
  const unavailable = Math.max(0, (deployment.spec.replicas ?? 1) - ready);
  const shown = Object.entries({ ...counts, unavailableReplicas: unavailable }).filter(([, count]) => count > 0);
  const observed = { replicaSet: replicaSetName(deployment, hash), failure, at };
  const { generation } = deployment.metadata;
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...Object.fromEntries(shown),
    conditions: deploymentConditions(deployment, counts, observed),
  };
}

interface Change {
  readonly before: number;
  readonly made: Made;
  readonly stopped: number;
}

function scalingEvents(
  deployment: Stored<Deployment>,
  hash: string,
  { before, made, stopped }: Change,
): readonly EventNote[] {
  const name = replicaSetName(deployment, hash);
  const change = (direction: string, from: number, to: number): EventNote => ({
    type: "Normal",
    reason: "ScalingReplicaSet",
    message: `Scaled ${direction} replica set ${name} from ${from} to ${to}`,
  });
  const failed = deployment.status?.conditions?.find(({ type }) => type === "ReplicaFailure")?.message;
  const isNew = made.failure !== undefined && made.failure !== failed;
  return [
    ...(made.pods.length > 0 ? [change("up", before, before + made.pods.length)] : []),
    ...(stopped > 0 ? [change("down", before, before - stopped)] : []),
    ...(isNew
      ? [{ type: "Warning" as const, reason: "FailedCreate", message: `Error creating: ${made.failure}` }]
      : []),
  ];
}
