// Golden suite for autoscaler-decisions.json: traces of a decider, from its creation through every evaluation.
import type { ScaleResult } from "../../src/apis/autoscaling/types.ts";
import {
  type DeciderSpec,
  decide,
  makeDeciderState,
  makeInitialResult,
  mustNotify,
} from "../../src/control-plane/autoscaler/decide.ts";
import { makeDeciderSpec, panicWindowMsOf } from "../../src/control-plane/autoscaler/decider-spec.ts";
import type { Suite, Verdict } from "./case.ts";
import { resolved, type Source, verdictOf } from "./scaling-source.ts";

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
/** -1 means "not found" and counts as no pods. */
const pods = (ready: number | null): number | undefined => (ready === null ? undefined : Math.max(0, ready));

/** Compares the resolved settings with those that Knative resolved. */
function misread({ source, spec }: Pick<Case, "source" | "spec">): string | undefined {
  const { pa, config } = resolved(source);
  const got = { ...makeDeciderSpec(pa, config), panicWindowMs: panicWindowMsOf(source.annotations, config) };
  const wrong = (Object.keys(spec) as (keyof RecordedSpec)[]).filter((key) => got[key] !== spec[key]);
  return wrong.length > 0
    ? `spec: ${wrong.map((key) => `${key} ${got[key]}, not ${spec[key]}`).join("; ")}`
    : undefined;
}

function differs(one: Case): string | undefined {
  let state = makeDeciderState(one.spec, pods(one.initial.ready), one.startMs);
  let published: ScaleResult = makeInitialResult(one.spec);
  const created = [published.desiredScale, published.excessBurstCapacity, Number(state.panicTime !== undefined)];
  if (String(created) !== String([one.initial.desired, one.initial.ebc, one.initial.inPanic]))
    return `initial: got ${created}`;
  for (const given of [one, ...(one.updates ?? [])]) {
    const why = misread(given);
    if (why !== undefined) return why;
  }
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
  (file as { readonly cases: readonly Case[] }).cases.map(
    (one): Verdict => verdictOf(`${one.id} ${one.name}`, differs(one)),
  );
