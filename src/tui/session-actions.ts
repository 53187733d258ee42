// Sends the user's actions to the session's API. Each function resolves to a line for the bottom of the screen.
import type { RevisionKey } from "../apis/autoscaling/types.ts";
import { type ObjectKey, parseNamespacedName } from "../apis/meta/key.ts";
import { countText } from "../base/count-text.ts";
import { timeOfDay } from "../base/local-time.ts";
import type { Client } from "../client/client.ts";
import { readExplanation } from "../client/explain.ts";
import { PAUSE_ANNOTATION, REBUILD_ANNOTATION } from "../dev/dev-commands.ts";
import type { AppState, AppStore, Explained } from "./app-state.ts";
import type { ServiceRow } from "./rows.ts";

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

/** The autoscaler decides every 2 s, but its decision has no effect while the first pod starts. */
const CHECK_SCALE_MS = 3000;
const SCALE_CHECKS = 5;

/** The latest scale request of each revision. */
export type ScaleRequests = Map<RevisionKey, { readonly pods: number }>;

/**
 * Requests a scale. If the autoscaler replaces it, a later message names the scale and the reason, unless a newer
 * request for the revision is in `latest`.
 */
export async function scaleTo(
  client: Client,
  store: Pick<AppStore, "later" | "showMessage">,
  latest: ScaleRequests,
  { revision, pods }: { readonly revision: RevisionKey; readonly pods: number },
): Promise<string> {
  const { namespace, name } = parseNamespacedName(revision);
  await client.knap("POST", "/scale", { namespace, revision: name, pods });
  const request = { pods };
  latest.set(revision, request);
  const check = (left: number): void =>
    store.later(CHECK_SCALE_MS, (state) => {
      if (latest.get(revision) !== request) return;
      const reason = overruledBy(state, revision, pods);
      if (reason !== undefined) store.showMessage(`${name}: not ${countText(pods, "pod")}, because it ${reason}`);
      else if (left > 1) check(left - 1);
    });
  check(SCALE_CHECKS);
  return `${name}: requested ${countText(pods, "pod")}`;
}

/** Returns the reason if the revision's desired scale is not the requested one. */
function overruledBy({ model }: AppState, revision: RevisionKey, pods: number): string | undefined {
  const desired = model.podAutoscalers.get(revision)?.status?.desiredScale;
  if (desired === undefined || desired < 0 || desired === pods) return undefined;
  return model.live?.revisions[revision]?.sentence ?? `needs ${countText(desired, "pod")}`;
}

/** Returns the sentence and the last decisions of a revision as lines. */
export async function fetchExplanation(client: Client, service: ServiceRow, key: RevisionKey): Promise<Explained> {
  const { namespace, name: revision } = parseNamespacedName(key);
  const { sentence, decisions } = await readExplanation(client, namespace, revision);
  const past = decisions.map(
    ({ time, desired, rule }) => `${timeOfDay(time)}  ${String(desired ?? "-").padStart(4)}  ${rule}`,
  );
  return { service: service.key, lines: [`${revision}: ${sentence}`, "", ...past.reverse()] };
}
