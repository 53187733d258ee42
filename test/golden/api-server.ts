// The suite of api-server.json: conversations with a real Kubernetes API server, replayed with knap's on a socket.
import type { Conversation } from "./api-server/conversation.ts";
import { play } from "./api-server/play.ts";
import { serve } from "./api-server/serve.ts";
import type { Suite, Verdict } from "./case.ts";

const PARALLEL = Number(process.env["GOLDEN_PARALLEL"] ?? 8);

/** Cases of level must that Knative's admission does not change count; the others are reported apart. */
export const apiServerSuite: Suite = async (file) => {
  const only = process.env["GOLDEN_ONLY"] ?? "";
  const all = (file as { cases: readonly Conversation[] }).cases.map((recorded, index) => ({ recorded, index }));
  const chosen = all.filter(({ recorded }) => recorded.name.includes(only));
  await using server = await serve();
  const verdicts = new Map<number, Verdict>();
  const judge = async ({ recorded, index }: (typeof all)[number]): Promise<void> => {
    const found = await play(server, recorded, `golden-${index}`);
    // The server sorts managedFields by time, so the turn of a second during a conversation can change their order.
    const isUnsure = found.length > 0 && recorded.managedFields === true;
    verdicts.set(index, verdictOf(recorded, isUnsure ? await play(server, recorded, `golden-${index}-again`) : found));
  };
  // Dropping the history would disturb conversations beside it.
  const isAlone = ({ recorded }: (typeof all)[number]): boolean =>
    recorded.steps.some((step) => "op" in step && step.op === "compact");
  const queue = chosen.filter((each) => !isAlone(each));
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) await judge(next);
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  for (const each of chosen.filter(isAlone)) await judge(each);
  return chosen.map(({ index }) => verdicts.get(index) as Verdict);
};

function verdictOf({ name, level, webhook }: Conversation, why: readonly string[]): Verdict {
  const apart = webhook ? "webhook" : level === "must" ? undefined : "level also";
  return {
    name,
    passed: why.length === 0,
    ...(why.length > 0 && { why: why.slice(0, 6).join("\n  ") }),
    ...(apart && { apart }),
  };
}
