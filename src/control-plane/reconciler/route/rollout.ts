// Moves traffic gradually from old to new revisions. All times are nanoseconds, as in the annotation with the state.
// Source: pkg/reconciler/route/traffic/rollout.go.
import { isConditionTrue, isReady } from "../../../apis/meta/conditions.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import type { Ingress } from "../../../apis/networking/types.ts";
import { firstOf, ROLLOUT_DURATION_ANNOTATIONS, ROLLOUT_STATE_ANNOTATION } from "../../../apis/serving/labels.ts";
import type { Route } from "../../../apis/serving/types.ts";
import { durationMs, parseDuration } from "../../../base/go/duration.ts";
import type { Pass } from "../pass.ts";
import type { Traffic } from "./traffic.ts";

interface RevisionShare {
  readonly revisionName: string;
  readonly percent: number;
}
/** Without fields there is no rollout. With `starttime` only, the rollout waits until its first step is ready. */
interface StepParams {
  readonly starttime?: number;
  readonly nextStepTime?: number;
  readonly stepDuration?: number;
  readonly stepSize?: number;
}
export interface ConfigurationRollout {
  readonly configurationName: string;
  readonly tag?: string;
  readonly percent: number;
  /** Oldest first. The traffic moves to the last one. */
  readonly revisions?: readonly RevisionShare[];
  readonly stepParams: StepParams;
}
export interface Rollout {
  readonly configurations?: readonly ConfigurationRollout[];
}

const SECOND = 1e9;

/** Returns the traffic at the end of all rollouts. */
export function goalRollout(traffic: Traffic): Rollout {
  const configurations = [...traffic.groups].flatMap(([tag, targets]) =>
    targets
      // A target with 0 percent is reachable by its tag only.
      .filter(({ latestRevision, percent }) => latestRevision && percent > 0)
      .map(({ configurationName, revisionName, percent }) => ({
        configurationName,
        ...(tag === "" ? {} : { tag }),
        percent,
        revisions: [{ revisionName, percent }],
        stepParams: {},
      })),
  );
  return configurations.length === 0 ? {} : { configurations: configurations.toSorted(byTagThenName) };
}

/**
 * Sets step size and duration of each rollout whose first step became ready. `durationSeconds`: of the whole rollout.
 */
export function observeReady(rollout: Rollout, now: number, durationSeconds: number): Rollout {
  return {
    configurations: (rollout.configurations ?? []).map((configuration) => {
      const { starttime = 0, stepDuration = 0 } = configuration.stepParams;
      if (starttime === 0 || stepDuration !== 0) return configuration;
      return {
        ...configuration,
        stepParams: { starttime, ...pace(configuration.percent, starttime, now, durationSeconds) },
      };
    }),
  };
}

function pace(percent: number, starttime: number, now: number, durationSeconds: number): StepParams {
  const first = Math.max(1, Math.ceil((now - starttime) / SECOND));
  const rest = Math.max(1, durationSeconds - first);
  const steps = Math.min(Math.max(1, rest / first), percent - 1);
  const stepDuration = Math.trunc((rest / steps) * SECOND);
  return { nextStepTime: now + stepDuration, stepDuration, stepSize: Math.round((percent - 1) / steps) };
}

/** Returns the state that follows `previous` and leads to `goal`, and the time of the next step (0: none). */
export function stepRollout(
  goal: Rollout,
  previous: Rollout | undefined,
  now: number,
): { readonly rollout: Rollout; readonly nextStepTime: number } {
  const before = previous?.configurations ?? [];
  if (before.length === 0) return { rollout: goal, nextStepTime: 0 };
  const configurations = (goal.configurations ?? []).map((wanted) => {
    const known = before.find(
      ({ tag, configurationName }) => tag === wanted.tag && configurationName === wanted.configurationName,
    );
    return known && wanted.percent > 1 ? stepConfiguration(wanted, known, now) : wanted;
  });
  const times = configurations.flatMap(({ stepParams }) => stepParams.nextStepTime || []);
  return {
    rollout: configurations.length === 0 ? {} : { configurations },
    nextStepTime: times.length === 0 ? 0 : Math.min(...times),
  };
}

/** Returns true if each configuration has at most one revision. */
export function isDone(rollout: Rollout): boolean {
  return (rollout.configurations ?? []).every(({ revisions = [] }) => revisions.length < 2);
}

/** Returns false if the shares have a wrong sum or a step is larger than the whole. */
export function isSound(rollout: Rollout): boolean {
  return (rollout.configurations ?? []).every(({ percent, revisions = [], stepParams: { stepSize = 0 } }) => {
    const total = revisions.reduce((sum, share) => sum + share.percent, 0);
    return percent <= 100 && stepSize >= 0 && stepSize <= percent && total === percent;
  });
}

function stepConfiguration(
  goal: ConfigurationRollout,
  previous: ConfigurationRollout,
  now: number,
): ConfigurationRollout {
  const shares = adjust(goal.percent, previous);
  const wanted = goal.revisions?.[0];
  const newest = shares.at(-1);
  if (!wanted || !newest) return goal;
  if (newest.revisionName === wanted.revisionName) {
    return step({ ...goal, revisions: shares, stepParams: previous.stepParams }, now);
  }
  const older = shareTaken(shares, 1).filter(({ percent }) => percent > 0);
  return {
    ...goal,
    revisions: [...older, { revisionName: wanted.revisionName, percent: 1 }],
    stepParams: { starttime: now },
  };
}

/** Adapts the shares to a new total: adds to the newest revision, or subtracts from the oldest ones. */
function adjust(percent: number, { percent: before, revisions = [] }: ConfigurationRollout): readonly RevisionShare[] {
  if (percent >= before) {
    return revisions.map((share, index) =>
      index === revisions.length - 1 ? { ...share, percent: share.percent + percent - before } : share,
    );
  }
  let surplus = before - percent;
  const kept: RevisionShare[] = [];
  for (const share of revisions) {
    const taken = Math.min(surplus, share.percent);
    surplus -= taken;
    if (share.percent > taken) kept.push({ ...share, percent: share.percent - taken });
  }
  return kept;
}

/** Subtracts up to `size` percent from the shares, newest first. A share can become 0. */
function shareTaken(shares: readonly RevisionShare[], size: number): readonly RevisionShare[] {
  let left = size;
  return shares
    .toReversed()
    .map((share) => {
      const taken = Math.min(left, share.percent);
      left -= taken;
      return { ...share, percent: share.percent - taken };
    })
    .toReversed();
}

function step(rollout: ConfigurationRollout, now: number): ConfigurationRollout {
  const { revisions = [], stepParams } = rollout;
  const newest = revisions.at(-1);
  if (!newest || revisions.length < 2) return { ...rollout, stepParams: {} };
  const { nextStepTime = 0, stepDuration = 0, stepSize = 0 } = stepParams;
  if (nextStepTime === 0 || nextStepTime > now) return rollout;
  const older = shareTaken(revisions.slice(0, -1), stepSize).filter(({ percent }) => percent > 0);
  const taken = rollout.percent - newest.percent - older.reduce((sum, { percent }) => sum + percent, 0);
  const moved = [...older, { ...newest, percent: newest.percent + taken }];
  if (older.length === 0) return { ...rollout, revisions: moved, stepParams: {} };
  return { ...rollout, revisions: moved, stepParams: { ...stepParams, nextStepTime: now + stepDuration } };
}

function byTagThenName(a: ConfigurationRollout, b: ConfigurationRollout): number {
  const [left, right] = [`${a.tag ?? ""}\0${a.configurationName}`, `${b.tag ?? ""}\0${b.configurationName}`];
  return left < right ? -1 : left > right ? 1 : 0;
}

const MS_TO_NS = 1_000_000;

/** Returns the current state of the rollouts. Requeues at the time of the next step. */
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

/** Returns the Route's rollout duration in whole seconds; 0 if the Route has none. */
function rolloutSeconds(route: Stored<Route>): number {
  const text = firstOf(route.metadata.annotations, ROLLOUT_DURATION_ANNOTATIONS);
  const duration = text === undefined ? undefined : parseDuration(text);
  return duration?.ok ? Math.trunc(durationMs(duration.value) / 1000) : 0;
}

/** Reads the state in the Ingress' annotation. Returns undefined if it is missing or invalid. */
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
