// Plays recorded conversations with Knative's queue-proxy against knap's own, on real sockets. Cases of level `must`
// count.
import type { Suite, Verdict } from "./case.ts";
import { differences } from "./queue-proxy/compare.ts";
import { playCase } from "./queue-proxy/run-case.ts";
import type { RecordedCase } from "./queue-proxy/script.ts";

/** How many conversations run at the same time. They mostly wait. */
const PARALLEL = Number(process.env["GOLDEN_PARALLEL"] ?? 12);
/** A timer that is later than this shows that the machine is too busy for the recorded upper bounds. */
const LATE_MS = 50;
const CHECK_EVERY_MS = 10;
/** How often a conversation that failed on a busy machine is played again, without others beside it. */
const REPLAYS = 3;

export const queueProxySuite: Suite = async (file) => {
  const { cases } = file as { cases: readonly RecordedCase[] };
  const chosen = cases.filter(({ id }) => id.includes(process.env["GOLDEN_ONLY"] ?? ""));
  // Conversations that wait for the whole quiet period take longest, so all of them start first.
  const slow = chosen.filter(({ id }) => id.startsWith("drain/full"));
  const quick = chosen.filter((one) => !slow.includes(one));
  const verdicts = new Map<RecordedCase, Verdict>();
  const unsure: RecordedCase[] = [];
  const judge = async (recorded: RecordedCase): Promise<void> => {
    const outcome = await play(recorded);
    verdicts.set(recorded, verdictOf(recorded, outcome));
    if (outcome.differences.length > 0 && !outcome.onTime) unsure.push(recorded);
  };
  const worker = async (): Promise<void> => {
    for (let next = quick.shift(); next !== undefined; next = quick.shift()) await judge(next);
  };
  await Promise.all([...slow.map(judge), ...Array.from({ length: PARALLEL }, worker)]);
  for (let replay = 0; replay < REPLAYS; replay += 1) {
    for (const recorded of unsure.splice(0)) await judge(recorded);
  }
  return chosen.map((recorded) => verdicts.get(recorded) as Verdict);
};

interface PlayOutcome {
  readonly differences: readonly string[];
  /** No timer of this process was late during the conversation. */
  readonly onTime: boolean;
}

async function play(recorded: RecordedCase): Promise<PlayOutcome> {
  let onTime = true;
  let checkedAt = performance.now();
  const check = (): void => {
    const now = performance.now();
    if (now - checkedAt > CHECK_EVERY_MS + LATE_MS) onTime = false;
    checkedAt = now;
  };
  const timer = setInterval(check, CHECK_EVERY_MS);
  try {
    const result = await playCase(recorded);
    check();
    return { differences: differences(recorded, result, onTime), onTime };
  } catch (error) {
    const text = error instanceof Error ? error.stack : String(error);
    return { differences: [`the conversation failed: ${text}`], onTime };
  } finally {
    clearInterval(timer);
  }
}

function verdictOf(recorded: RecordedCase, { differences: why }: PlayOutcome): Verdict {
  const apart = recorded.level === "must" ? {} : { apart: `level ${recorded.level}` };
  return {
    name: recorded.id,
    passed: why.length === 0,
    ...(why.length === 0 ? {} : { why: why.join("\n  ") }),
    ...apart,
  };
}
