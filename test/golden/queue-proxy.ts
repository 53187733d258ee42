// Recorded conversations with Knative's queue-proxy, played against knap's own alone on a socket. Cases of level `must` count.
import type { Suite, Verdict } from "./case.ts";
import { differences } from "./queue-proxy/compare.ts";
import { playCase } from "./queue-proxy/run-case.ts";
import type { RecordedCase } from "./queue-proxy/script.ts";

/** Conversations at the same time: most of them mostly wait. */
const PARALLEL = Number(process.env["GOLDEN_PARALLEL"] ?? 8);

export const queueProxySuite: Suite = async (file) => {
  const { cases } = file as { cases: readonly RecordedCase[] };
  const chosen = cases.filter(({ id }) => id.includes(process.env["GOLDEN_ONLY"] ?? ""));
  // Those that wait for the quiet period take half a minute each: all of them run beside the others.
  const slow = chosen.filter(({ id }) => id.startsWith("drain/full"));
  const quick = chosen.filter((one) => !slow.includes(one));
  const verdicts = new Map<RecordedCase, Verdict>();
  const judge = async (recorded: RecordedCase): Promise<void> => {
    verdicts.set(recorded, await verdictOf(recorded));
  };
  const worker = async (): Promise<void> => {
    for (let next = quick.shift(); next !== undefined; next = quick.shift()) await judge(next);
  };
  await Promise.all([...slow.map(judge), ...Array.from({ length: PARALLEL }, worker)]);
  return chosen.map((recorded) => verdicts.get(recorded) as Verdict);
};

async function play(recorded: RecordedCase): Promise<readonly string[]> {
  try {
    return differences(recorded, await playCase(recorded));
  } catch (fault) {
    return [`the conversation broke: ${fault instanceof Error ? fault.stack : String(fault)}`];
  }
}

async function verdictOf(recorded: RecordedCase): Promise<Verdict> {
  let why = await play(recorded);
  // Bounds come from a quiet machine: on a busy one a conversation that is only late is played once more.
  if (why.length > 0 && why.every((line) => line.includes(" ms, not in "))) why = await play(recorded);
  const apart = recorded.level === "must" ? {} : { apart: `level ${recorded.level}` };
  return {
    name: recorded.id,
    passed: why.length === 0,
    ...(why.length === 0 ? {} : { why: why.join("\n  ") }),
    ...apart,
  };
}
