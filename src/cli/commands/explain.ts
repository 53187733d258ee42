// `knap explain`: prints why a revision scaled or did not scale, and its last decisions, from the autoscaler's ledger.
import type { Service } from "../../apis/serving/types.ts";
import { timeOfDay } from "../../base/local-time.ts";
import type { Client } from "../../client/client.ts";
import { usageError } from "../cli-error.ts";
import type { GlobalFlags } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { countFlag } from "../flags/parse-flag.ts";
import { parseTargets } from "../objects/targets.ts";
import { tableText } from "../output/text.ts";
import { connect } from "../session/connect.ts";
import type { Terminal } from "../terminal.ts";
import { notFound } from "./get.ts";

/** One entry of the ledger, as `/explain` of the API returns it. */
export interface Decision {
  /** RFC 3339. */
  readonly time: string;
  readonly source: "traffic" | "bounds" | "hpa";
  readonly rule: string;
  /** Absent: not decided yet. */
  readonly desired?: number;
  readonly ready?: number;
  readonly stable?: number;
  readonly panic?: number;
  /** The inputs of the rule; for the HPA class: metric, measured, target, wanted. */
  readonly facts?: Readonly<Record<string, number | string | boolean>>;
}
export interface Explanation {
  readonly revision: string;
  readonly sentence: string;
  readonly decisions: readonly Decision[];
}

/** The named revision, or the revisions of a Service that get traffic and then its newest one. */
async function revisionsOf(client: Client, word: string, namespace: string): Promise<readonly string[]> {
  const targets = parseTargets([word.includes("/") ? word : `ksvc/${word}`]);
  if (!targets.ok) throw usageError(targets.error);
  const target = targets.value[0];
  const name = target?.names[0];
  if (target === undefined || name === undefined) throw usageError("name a Service or revision/NAME");
  if (target.resource.kind === "Revision.serving.knative.dev") return [name];
  const service = (await client.get({ kind: "Service.serving.knative.dev", namespace, name })) as Service | undefined;
  if (service === undefined) throw notFound(target, name);
  const { traffic = [], latestCreatedRevisionName } = service.status ?? {};
  const routed = traffic.map(({ revisionName }) => revisionName);
  return [...new Set([...routed, latestCreatedRevisionName])].filter((each) => each !== undefined);
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

/** Text of one revision's explanation. */
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

export async function explain(
  words: readonly string[],
  flags: { namespace?: string; output?: string; last?: string } & GlobalFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const last = countFlag("last", flags.last ?? "10", 0);
  const { client } = await connect(flags, terminal);
  const namespace = flags.namespace ?? "default";
  const revisions = await revisionsOf(client, words[0] ?? "", namespace);
  const found: Explanation[] = [];
  for (const revision of revisions) {
    const path = `/explain?namespace=${encodeURIComponent(namespace)}&revision=${encodeURIComponent(revision)}`;
    const explanation = await client.knap<Explanation>("GET", path);
    found.push({ ...explanation, revision, decisions: explanation.decisions.slice(-last) });
  }
  terminal.print(
    flags.output === "json" ? JSON.stringify(found, undefined, 2) : found.map(explanationText).join("\n\n"),
  );
  return exitCodes.ok;
}
