// After a rebuild the revision before it has served its time: once the new one is ready and nobody routes to the old ones, they are deleted.
import type { Revision, Service } from "../apis/serving/types.ts";
import type { Client } from "../client/client.ts";

const generationOf = ({ metadata }: Revision): number =>
  Number(metadata.labels?.["serving.knative.dev/configurationGeneration"] ?? 0);

/** Whether the Service serves its newest template. */
export function hasSettled({ metadata, status }: Service): boolean {
  const ready = status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";
  const newest = status?.latestReadyRevisionName === status?.latestCreatedRevisionName;
  return ready && newest && status?.observedGeneration === metadata.generation;
}

/** Revisions older than the one that is ready, which no traffic target names. Pure. */
export function retiredRevisions(service: Service, revisions: readonly Revision[]): readonly Revision[] {
  const { latestReadyRevisionName, traffic = [] } = service.status ?? {};
  const routed = new Set(traffic.map(({ revisionName }) => revisionName));
  const latest = revisions.find(({ metadata }) => metadata.name === latestReadyRevisionName);
  if (latest === undefined) return [];
  return revisions.filter(
    (revision) => generationOf(revision) < generationOf(latest) && !routed.has(revision.metadata.name),
  );
}

/** Deletes the retired revisions of a Service that has settled. */
export async function retireRevisions(client: Client, service: Service): Promise<void> {
  const { namespace = "default", name } = service.metadata;
  const labels = { matchLabels: { "serving.knative.dev/service": name } };
  const { items } = await client.list("Revision.serving.knative.dev", { namespace, labels });
  for (const { metadata } of retiredRevisions(service, items)) {
    await client.delete({ kind: "Revision.serving.knative.dev", namespace, name: metadata.name });
  }
}
