// `knap explain`: prints why a revision scaled or did not scale, and its last decisions, from the autoscaler's ledger.
import { timeOfDay } from "../../base/local-time.ts";
import type { Client } from "../../client/client.ts";
import { type Decision, type Explanation, readExplanation, shownRevisions } from "../../client/explain.ts";
import type { CommandBody } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { type NamedTarget, namedTarget, notFound } from "../objects/fetch-targets.ts";
import { answerText } from "../output/answers.ts";
import { tableText } from "../output/text.ts";
import { connect } from "../session/connect.ts";

/** Resolves with the named revision, or with the revisions of a Service. */
async function revisionsOf(
  client: Client,
  { resource, name }: NamedTarget,
  namespace: string,
): Promise<readonly string[]> {
  if (resource.kind === "Revision.serving.knative.dev") return [name];
  const service = await client.get({ kind: "Service.serving.knative.dev", namespace, name });
  if (service === undefined) throw notFound(resource, name);
  return shownRevisions(service);
}

const number = (value: unknown): string => (typeof value === "number" ? String(Math.round(value * 100) / 100) : "");

/** The columns of each autoscaler class. */
const COLUMNS: Readonly<Record<"kpa" | "hpa", readonly (readonly [string, (decision: Decision) => unknown])[]>> = {
  kpa: [
    ["stable", ({ stable }) => stable],
    ["panic", ({ panic }) => panic],
  ],
  hpa: [
    ["measured", ({ facts }) => facts?.["measured"]],
    ["target", ({ facts }) => facts?.["target"]],
    ["wanted", ({ facts }) => facts?.["wanted"]],
  ],
};

export function explanationText({ revision, sentence, decisions }: Explanation): string {
  if (decisions.length === 0) return `${revision}: ${sentence}`;
  const columns = COLUMNS[decisions.some(({ source }) => source === "hpa") ? "hpa" : "kpa"];
  const rows = decisions.map((decision) => [
    timeOfDay(decision.time),
    number(decision.desired),
    number(decision.ready),
    ...columns.map(([, read]) => number(read(decision))),
    decision.rule,
  ]);
  const headers = ["time", "desired", "ready", ...columns.map(([name]) => name), "why"];
  return `${revision}: ${sentence}\n\n${tableText({ headers, rows })}`;
}

export interface ExplainFlags {
  readonly namespace?: string;
  readonly output?: string;
  readonly last: number;
}

const newest = <T>(items: readonly T[], count: number): readonly T[] => items.slice(Math.max(0, items.length - count));

export const explain: CommandBody<ExplainFlags> = async (args, flags, terminal) => {
  const target = namedTarget(args[0] ?? "", ["Service.serving.knative.dev", "Revision.serving.knative.dev"]);
  const { client } = await connect(flags, terminal);
  const { namespace = "default" } = flags;
  const revisions = await revisionsOf(client, target, namespace);
  const found: Explanation[] = [];
  for (const revision of revisions) {
    const explanation = await readExplanation(client, namespace, revision);
    found.push({ ...explanation, revision, decisions: newest(explanation.decisions, flags.last) });
  }
  terminal.print(
    flags.output === "json" ? answerText("ExplanationList", { items: found }) : found.map(explanationText).join("\n\n"),
  );
  return exitCodes.ok;
};
