// Routes the subresources of Pods that are calls, not objects: log, exec and the like.
import type { Pod } from "../apis/core/types.ts";
import { makeFailure } from "../apis/meta/api-status.ts";
import type { Stored } from "../apis/meta/object.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import { makeNotFound } from "../control-plane/store/refusals.ts";
import { type ApiAnswer, type ApiRequest, statusAnswer } from "./api-answer.ts";
import { evictPod } from "./eviction.ts";
import { type PodLogs, readPodLog } from "./pod-logs.ts";
import { forwardPorts } from "./pod-port-forward.ts";
import { attachToPod, execInPod, type PodStreams } from "./pod-streams.ts";
import { methodNotAllowed, type ReadContext } from "./reads.ts";
import { keyOfPath, type ObjectPath, type ResourcePath } from "./resource-path.ts";

export interface PodCallContext extends ReadContext {
  readonly store: ObjectStore;
  readonly logs: PodLogs | undefined;
  readonly streams: PodStreams | undefined;
}

interface PodCall {
  readonly methods: readonly string[];
  call(context: PodCallContext, request: ApiRequest, pod: Stored<Pod>): Promise<ApiAnswer> | ApiAnswer;
}

/** Kubernetes takes both methods for a call that opens a stream. */
const CONNECT = ["GET", "POST"];

const noEphemeralContainers = statusAnswer(
  makeFailure(
    "MethodNotAllowed",
    "knap does not run ephemeral containers: use kubectl exec, or knap debug for a debugger",
  ),
);

const calls: ReadonlyMap<string, PodCall> = new Map<string, PodCall>([
  ["log", { methods: ["GET"], call: (context, request, pod) => readPodLog(context, request, pod) }],
  ["exec", { methods: CONNECT, call: ({ streams }, request, pod) => execInPod(streams, request, pod) }],
  ["attach", { methods: CONNECT, call: ({ streams }, request, pod) => attachToPod(streams, request, pod) }],
  ["portforward", { methods: CONNECT, call: ({ streams }, request, pod) => forwardPorts(streams, request, pod) }],
  ["eviction", { methods: ["POST"], call: ({ store }, request, pod) => evictPod(store, request, pod) }],
  ["ephemeralcontainers", { methods: ["GET", "PUT", "PATCH"], call: () => noEphemeralContainers }],
]);

/** Returns undefined if the path is not a call of a Pod. */
export function podCallOf({ resource, name, subresource = "" }: ResourcePath): PodCall | undefined {
  return name !== undefined && resource.kind === "Pod" ? calls.get(subresource) : undefined;
}

export async function callPod(
  context: PodCallContext,
  request: ApiRequest,
  target: ObjectPath,
  { methods, call }: PodCall,
): Promise<ApiAnswer> {
  if (!methods.includes(request.method)) return methodNotAllowed(target);
  const pod = context.store.get("Pod", target.namespace ?? "", target.name);
  return pod ? call(context, request, pod) : statusAnswer(makeNotFound(keyOfPath(target)));
}
