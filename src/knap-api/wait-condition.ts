// Parses and checks the conditions that `POST /wait` and `POST /clock/run` wait for: a Service or Revision is ready, or
// has a number of pods.
import type { RevisionKey } from "../apis/autoscaling/types.ts";
import { isPodServing } from "../apis/core/pod.ts";
import { conditionOf, isReady } from "../apis/meta/conditions.ts";
import { namespacedName } from "../apis/meta/key.ts";
import type { AnyObject, Stored } from "../apis/meta/object.ts";
import { REVISION_LABEL, SERVICE_LABEL } from "../apis/serving/labels.ts";
import type { Revision } from "../apis/serving/types.ts";
import type { Time } from "../base/clock.ts";
import { failed, ok, type Result } from "../base/result.ts";
import { retentionMsOf, scaleBoundsOf } from "../control-plane/autoscaler/decider-spec.ts";
import { type Control, explainRevision } from "./gather-live.ts";
import type { Wait } from "./virtual-time.ts";

export interface WaitCondition {
  readonly kind: "Service.serving.knative.dev" | "Revision.serving.knative.dev";
  readonly namespace: string;
  readonly name: string;
  /** A number: exactly this many pods exist, and all are ready. */
  readonly until: "ready" | number;
}

const LABELS = {
  "Service.serving.knative.dev": SERVICE_LABEL,
  "Revision.serving.knative.dev": REVISION_LABEL,
} as const;
const MAX_WAIT_MS = 24 * 60 * 60 * 1000;
/** A probe of the activator takes up to 45 s. The other 15 s cover the intervals between decisions. */
const PROBE_MS = 60_000;

/** Reads `{service|revision, namespace?, replicas|zero|ready}`. */
export function readWaitCondition(body: Readonly<Record<string, unknown>>): Result<WaitCondition> {
  const { service, revision, namespace = "default", replicas, zero, ready } = body;
  const name = service ?? revision;
  if (typeof name !== "string" || typeof namespace !== "string" || (service !== undefined && revision !== undefined))
    return failed("name one service or one revision");
  const wanted = [zero === true ? 0 : undefined, ready === true ? "ready" : undefined, replicas];
  const [until, another] = wanted.filter((each) => each !== undefined);
  const isCount = typeof until === "number" && Number.isInteger(until) && until >= 0;
  if (another !== undefined || (until !== "ready" && !isCount))
    return failed('say what to wait for: "ready": true, "zero": true, or "replicas": COUNT');
  const kind = service === undefined ? "Revision.serving.knative.dev" : "Service.serving.knative.dev";
  return ok({ kind, namespace, name, until });
}

/**
 * Makes the wait. The wait is hopeless if scale bounds forbid the number of pods, if no object of the Service or
 * Revision has changed for longer than any scaling rule takes, or after a day.
 */
export function makeWait(condition: WaitCondition, control: Control, began: Time): Wait {
  const { store } = control;
  let changed = store.version;
  let seen = changed;
  let quietSince = began;
  const watch = store.watch({}, ({ object }) => {
    if (belongs(object, condition)) changed = store.version;
  });
  return {
    isMet: () => isMet(condition, control),
    isHopeless: (now) => {
      if (changed !== seen) quietSince = now;
      seen = changed;
      if (forbiddenBy(condition, control) !== undefined || now - began >= MAX_WAIT_MS) return true;
      return now - quietSince > longestRuleMs(condition, control);
    },
    [Symbol.dispose]: () => {
      watch[Symbol.dispose]();
    },
  };
}

/** Explains why the condition is not met, with the sentences of `explain`. `limit`: it may be met after this time. */
export function whyNot(condition: WaitCondition, control: Control, now: Time, limit?: string): string {
  const { kind, namespace, name, until } = condition;
  const object = control.store.get(kind, namespace, name);
  if (!object) return `there is no ${kind.split(".")[0]} "${name}" in namespace ${namespace}`;
  const ready = conditionOf(object.status?.conditions, "Ready");
  if (until === "ready" && ready?.status !== "True") {
    const verb = limit === undefined ? "does not become ready" : `was not ready within ${limit}`;
    return `${name} ${verb}: ${ready?.reason ?? "Unknown"}: ${ready?.message ?? "no reason is known"}`;
  }
  const sentences = revisionsOf(condition, control).map(({ metadata }) => {
    const { revision, sentence } = explainRevision(control, namespacedName(metadata), now);
    return `${revision} ${sentence}`;
  });
  const wanted = until === "ready" ? "ready" : until === 0 ? "at zero" : `at ${until} pods`;
  const reasons = [forbiddenBy(condition, control) ?? [], ...sentences].flat();
  const head = limit === undefined ? `${name} will not be ${wanted}` : `${name} was not ${wanted} within ${limit}`;
  return `${head}: ${reasons.join("; ") || "it has no revision"}`;
}

function isMet(condition: WaitCondition, control: Control): boolean {
  const { kind, namespace, name, until } = condition;
  const object = control.store.get(kind, namespace, name);
  if (!object) return false;
  if (until === "ready") return isReady(object);
  const pods = control.store.list("Pod", { namespace, labels: { matchLabels: { [LABELS[kind]]: name } } });
  return pods.length === until && pods.every(isPodServing);
}

function belongs({ metadata }: AnyObject, { kind, name, namespace }: WaitCondition): boolean {
  return metadata.namespace === namespace && (metadata.name === name || metadata.labels?.[LABELS[kind]] === name);
}

function revisionsOf({ kind, namespace, name }: WaitCondition, { store }: Control): readonly Stored<Revision>[] {
  const one = kind === "Revision.serving.knative.dev" && store.get(kind, namespace, name);
  if (one) return [one];
  return store.list("Revision.serving.knative.dev", { namespace, labels: { matchLabels: { [LABELS[kind]]: name } } });
}

/** Returns the PodAutoscalers of these revisions with their deciders. */
function scalersOf(condition: WaitCondition, control: Control) {
  return revisionsOf(condition, control).flatMap(({ metadata }) => {
    const key: RevisionKey = namespacedName(metadata);
    const pa = control.store.get("PodAutoscaler.autoscaling.internal.knative.dev", condition.namespace, metadata.name);
    return pa ? [{ key, pa, decider: control.tick.autoscaler.view(key) }] : [];
  });
}

/** Returns the setting that forbids this number of pods at any traffic. */
function forbiddenBy(condition: WaitCondition, control: Control): string | undefined {
  const { until } = condition;
  if (until === "ready") return undefined;
  const config = control.config().autoscaler;
  const bounds = scalersOf(condition, control).map(({ pa }) => scaleBoundsOf(pa, config));
  if (bounds.length === 0) return undefined;
  const least = bounds.reduce((sum, { min }) => sum + min, 0);
  const most = bounds.reduce((sum, { max }) => sum + (max === 0 ? Number.POSITIVE_INFINITY : max), 0);
  if (until < least) return `min-scale is ${least}`;
  if (until > most) return `max-scale is ${most}`;
  return until === 0 && !config.enableScaleToZero ? "enable-scale-to-zero is false" : undefined;
}

function longestRuleMs(condition: WaitCondition, control: Control): number {
  const config = control.config().autoscaler;
  const scaling = scalersOf(condition, control).map(({ key, pa, decider }) => {
    const deployment = control.store.get("Deployment.apps", condition.namespace, pa.spec.scaleTargetRef.name ?? "");
    const starting = (deployment?.spec.replicas ?? 1) > control.tick.readyPods(key);
    const deadlineMs = starting ? (deployment?.spec.progressDeadlineSeconds ?? 600) * 1000 : 0;
    const { stableWindowMs, scaleDownDelayMs } = decider?.spec ?? config;
    return stableWindowMs + scaleDownDelayMs + retentionMsOf(pa, config) + deadlineMs;
  });
  return Math.max(0, ...scaling) + config.scaleToZeroGracePeriodMs + PROBE_MS;
}
