// The verbs of the group knap.dev, which no cluster has.

import type { VerbHandler, VerbRequest, Verbs } from "../api-server/verbs.ts";
import type { RevisionKey } from "../apis/autoscaling/types.ts";
import type { Pod } from "../apis/core/types.ts";
import { makeFailure } from "../apis/meta/api-status.ts";
import { namespacedName } from "../apis/meta/key.ts";
import { makeNotFound } from "../control-plane/store/refusals.ts";
import { type ClockVerbOptions, makeClockVerbs } from "./clock-verbs.ts";
import { explainRevision, gatherLive, type LiveOptions } from "./live.ts";

export interface KnapVerbOptions extends LiveOptions, ClockVerbOptions {
  /** Called when `knap down` asks the session to end. */
  readonly onStop: () => void;
  /** Sends a signal to the pod's containers. */
  readonly kill: (pod: Pod, signal: string) => Promise<void>;
}

/** By method and first path segment. */
export function makeKnapVerbs(options: KnapVerbOptions): Verbs {
  const { clock, control } = options;
  const verbs: Record<string, VerbHandler> = {
    "GET /live": () => gatherLive(options, clock.now()),
    "GET /explain": (request) => explainNamed(options, request),
    ...makeClockVerbs(options),
    "POST /kill": (request) => killPod(options, request),
    "POST /scale": (request) => overrideScale(options, request),
    "POST /stop": () => {
      options.onStop();
      return { stopping: true };
    },
    "GET /status": () => ({ objects: control.store.version, failures: control.controller.failures() }),
  };
  return new Map(Object.entries(verbs));
}

function bodyOf(request: VerbRequest): Readonly<Record<string, unknown>> {
  return typeof request.body === "object" && request.body !== null ? (request.body as Record<string, unknown>) : {};
}

function explainNamed({ control, clock }: KnapVerbOptions, { query }: VerbRequest) {
  const namespace = query.get("namespace") ?? "default";
  const name = query.get("revision") ?? "";
  if (!control.store.get("Revision.serving.knative.dev", namespace, name)) {
    return { refused: makeNotFound({ kind: "Revision.serving.knative.dev", namespace, name }) };
  }
  return explainRevision(control, namespacedName({ namespace, name }), clock.now());
}

async function killPod({ control, kill }: KnapVerbOptions, request: VerbRequest) {
  const { namespace = "default", pod: name = "", signal = "SIGKILL" } = bodyOf(request) as Record<string, string>;
  const pod = control.store.get("Pod", namespace, name);
  if (!pod) return { refused: makeNotFound({ kind: "Pod", namespace, name }) };
  await kill(pod, signal);
  return {};
}

/** Applies to the named revision, or to the latest ready one of the Service. */
function overrideScale({ control }: KnapVerbOptions, request: VerbRequest) {
  const { namespace = "default", service = "", revision = "", pods } = bodyOf(request) as Record<string, string>;
  const known = control.store.get("Service.serving.knative.dev", namespace, service);
  const name = revision || known?.status?.latestReadyRevisionName || "";
  const count = Number(pods);
  if (!Number.isInteger(count) || count < 0)
    return { refused: makeFailure("BadRequest", "pods must be a whole number") };
  const key: RevisionKey = namespacedName({ namespace, name });
  if (!control.tick.autoscaler.override(key, count)) {
    return { refused: makeNotFound({ kind: "Revision.serving.knative.dev", namespace, name: name || service }) };
  }
  return {
    message: `${name}: ${count} pods requested; scale bounds and scale-to-zero rules apply, and the next decision may override it`,
  };
}
