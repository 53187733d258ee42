// Actions of the terminal UI on the session, through its API. Each resolves to a line for the bottom of the screen.
import type { ObjectKey } from "../apis/meta/key.ts";
import { timeOfDay } from "../base/local-time.ts";
import type { Client } from "../client/client.ts";
import { PAUSE_ANNOTATION, REBUILD_ANNOTATION } from "../dev/dev-commands.ts";
import type { Explained } from "./app-state.ts";
import type { Row, ServiceRow } from "./rows.ts";

const keyOf = ({ namespace, name }: ServiceRow): ObjectKey<"Service.serving.knative.dev"> => ({
  kind: "Service.serving.knative.dev",
  namespace,
  name,
});

async function annotate(client: Client, service: ServiceRow, name: string, value: string | null): Promise<void> {
  await client.patch(keyOf(service), { type: "merge", body: { metadata: { annotations: { [name]: value } } } });
}

export async function rebuild(client: Client, service: ServiceRow, now: number): Promise<string> {
  await annotate(client, service, REBUILD_ANNOTATION, new Date(now).toISOString());
  return `${service.name}: rebuild requested`;
}

export async function pauseWatch(client: Client, services: readonly ServiceRow[], paused: boolean): Promise<string> {
  await Promise.all(services.map((service) => annotate(client, service, PAUSE_ANNOTATION, paused ? "true" : null)));
  return paused ? "watching files is paused; p resumes it" : "watching files";
}

export async function scaleTo(client: Client, row: Row, service: ServiceRow, pods: number): Promise<string> {
  const target = row.kind === "revision" ? { revision: row.name } : { service: service.name };
  await client.knap("POST", "/scale", { namespace: service.namespace, ...target, pods });
  return `${row.kind === "revision" ? row.name : service.name}: requested ${pods} pod${pods === 1 ? "" : "s"}`;
}

/** The fields of `/explain` that are shown. */
interface ExplainReply {
  readonly sentence: string;
  /** `desired` is absent while nothing is decided. */
  readonly decisions: readonly { readonly time: string; readonly desired?: number; readonly rule: string }[];
}

/** Returns the sentence and the last decisions of a revision as lines. */
export async function explainRevision(client: Client, service: ServiceRow, revision: string): Promise<Explained> {
  const query = new URLSearchParams({ namespace: service.namespace, revision });
  const { sentence, decisions } = await client.knap<ExplainReply>("GET", `/explain?${query}`);
  const past = decisions.map(
    ({ time, desired, rule }) => `${timeOfDay(time)}  ${String(desired ?? "-").padStart(4)}  ${rule}`,
  );
  return { service: service.key, lines: [`${revision}: ${sentence}`, "", ...past.reverse()] };
}
