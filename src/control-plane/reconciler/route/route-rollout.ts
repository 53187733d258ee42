// The rollout of a Route between two looks at its Ingress: state read, observed, stepped and timed.
// Source: pkg/reconciler/route/reconcile_resources.go (reconcileRollout).
import { isConditionTrue, isReady } from "../../../apis/meta/conditions.ts";
import type { Ingress } from "../../../apis/networking/types.ts";
import { firstOf, ROLLOUT_DURATION_ANNOTATIONS, ROLLOUT_STATE_ANNOTATION } from "../../../apis/serving/labels.ts";
import type { Route } from "../../../apis/serving/types.ts";
import { durationMs, parseDuration } from "../../../base/go/duration.ts";
import type { Pass } from "../pass.ts";
import { goalRollout, isSound, observeReady, type Rollout, stepRollout } from "./rollout.ts";
import type { Traffic } from "./traffic.ts";

const MS_TO_NS = 1_000_000;

/** Where the shares stand now. Asks for another look at the time of the next step. */
export function reconcileRollout(
  pass: Pass<"Route.serving.knative.dev">,
  traffic: Traffic,
  ingress: Ingress | undefined,
): Rollout {
  const goal = goalRollout(traffic);
  const seconds = rolloutSeconds(pass.object) || pass.world.config.network.rolloutDurationSeconds;
  if (!ingress || seconds <= 0) return goal;
  const now = pass.world.now * MS_TO_NS;
  const kept = readRollout(ingress);
  const becameReady = isReady(ingress) && !isConditionTrue(pass.status.conditions, "IngressReady");
  const previous = kept && becameReady ? observeReady(kept, now, seconds) : kept;
  const { rollout, nextStepTime } = stepRollout(goal, previous, now);
  if (nextStepTime > 0) pass.plan.requeueAfterMs.push((nextStepTime - now) / MS_TO_NS);
  return rollout;
}

/** Whole seconds that the Route asks for; 0 when it asks for nothing. */
function rolloutSeconds(route: Route): number {
  const text = firstOf(route.metadata.annotations, ROLLOUT_DURATION_ANNOTATIONS);
  const duration = text === undefined ? undefined : parseDuration(text);
  return duration?.ok ? Math.trunc(durationMs(duration.value) / 1000) : 0;
}

/** The state that the Ingress carries; a state that cannot be is none. */
function readRollout(ingress: Ingress): Rollout | undefined {
  const text = ingress.metadata.annotations?.[ROLLOUT_STATE_ANNOTATION];
  if (text === undefined) return undefined;
  try {
    const rollout = JSON.parse(text) as Rollout;
    return isSound(rollout) ? rollout : undefined;
  } catch {
    return undefined;
  }
}
