// Examples `rollout/*`: the state of a gradual rollout, step by step.
import { observeReady, type Rollout, stepRollout } from "../../../src/control-plane/reconciler/route/rollout.ts";
import type { Verdict } from "../case.ts";
import { judge } from "./examples.ts";

const EPOCH_NS = 1000e9;
interface RecordedStep {
  readonly atSec: number;
  readonly what: string;
  readonly rollout: Rollout;
  readonly nextStepNs: number;
}

export function judgeRollout(name: string, recorded: readonly RecordedStep[]): readonly Verdict[] {
  const seconds = Number(/(\d+)s-ready/.exec(name)?.[1] ?? 0);
  let state: Rollout | undefined;
  return recorded.map(({ atSec, what, rollout, nextStepNs }) => {
    const now = EPOCH_NS + atSec * 1e9;
    const observed = state && what === "ingress ready observed" ? observeReady(state, now, seconds) : state;
    const next = stepRollout(goalOf(rollout), observed, now);
    state = next.rollout;
    const expected = { rollout, nextStepNs };
    return judge(`${name}: ${what} at ${atSec}`, expected, { rollout: state, nextStepNs: next.nextStepTime });
  });
}

/** The goal of the recorded rollout: the newest Revision gets the whole share. */
function goalOf(rollout: Rollout): Rollout {
  return {
    configurations: (rollout.configurations ?? []).map((configuration) => {
      const newest = configuration.revisions?.at(-1)?.revisionName ?? "";
      const revisions = [{ revisionName: newest, percent: configuration.percent }];
      return { ...configuration, revisions, stepParams: {} };
    }),
  };
}
