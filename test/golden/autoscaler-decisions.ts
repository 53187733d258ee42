// Golden suite for autoscaler-decisions.json: traces of one decider, from creation through every evaluation.
import type { ScaleResult } from "../../src/apis/autoscaling/types.ts";
import {
  type DeciderSpec,
  decide,
  makeDeciderState,
  makeInitialResult,
  mustNotify,
} from "../../src/control-plane/autoscaler/decide.ts";
import type { Suite, Verdict } from "./case.ts";

type RecordedSpec = DeciderSpec & { readonly panicWindowMs: number };
type Row = readonly [
  number,
  number | null,
  number | null,
  number | null,
  0 | 1,
  number | null,
  number | null,
  0 | 1,
  0 | 1,
];
interface Case {
  readonly id: string;
  readonly name: string;
  readonly source: Source;
  readonly spec: RecordedSpec;
  readonly startMs: number;
  readonly initial: {
    readonly ready: number | null;
    readonly desired: number;
    readonly ebc: number;
    readonly inPanic: 0 | 1;
  };
  readonly updates?: readonly { readonly beforeTick: number; readonly source: Source; readonly spec: RecordedSpec }[];
  readonly ticks: readonly Row[];
}
interface Source {
  readonly containerConcurrency: number;
  readonly reachability: "" | "Reachable" | "Unreachable";
  readonly annotations: Readonly<Record<string, string>>;
  readonly configMap: Readonly<Record<string, string>>;
}

/** -1 is "not found", which counts as no pods. */
const pods = (ready: number | null): number | undefined => (ready === null ? undefined : Math.max(0, ready));

function differs(one: Case): string | undefined {
  let state = makeDeciderState(one.spec, pods(one.initial.ready), one.startMs);
  let published: ScaleResult = makeInitialResult(one.spec);
  const created = [published.desiredScale, published.excessBurstCapacity, Number(state.panicTime !== undefined)];
  if (String(created) !== String([one.initial.desired, one.initial.ebc, one.initial.inPanic]))
    return `initial: got ${created}`;
  let spec: DeciderSpec = one.spec;
  for (const [index, row] of one.ticks.entries()) {
    spec = one.updates?.findLast((update) => update.beforeTick <= index)?.spec ?? spec;
    const [t, stable, panic, ready] = row;
    const averages = stable === null || panic === null ? undefined : { stable, panic };
    const decision = decide(spec, state, { averages, readyPods: pods(ready) }, one.startMs + t);
    const { result } = decision;
    const got = [
      Number(result.valid),
      result.valid ? result.desiredScale : null,
      result.valid ? result.excessBurstCapacity + 0 : null,
      Number(decision.state.panicTime !== undefined),
      Number(mustNotify(published, result)),
    ];
    if (JSON.stringify(got) !== JSON.stringify(row.slice(4)))
      return `row ${index} ${JSON.stringify(row)}: got ${JSON.stringify(got)}`;
    state = decision.state;
    if (result.valid) published = result;
  }
  return undefined;
}

export const autoscalerDecisionsSuite: Suite = (file) =>
  (file as { readonly cases: readonly Case[] }).cases.map((one): Verdict => {
    const why = differs(one);
    return { name: `${one.id} ${one.name}`, passed: why === undefined, ...(why !== undefined && { why }) };
  });
