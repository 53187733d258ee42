// Finds out which Services and Revisions have synced files that their image does not have.
import { kindOf } from "../../apis/kinds.ts";
import { keyOf, type NamespacedName, namespacedName } from "../../apis/meta/key.ts";
import type { AnyObject } from "../../apis/meta/object.ts";
import { dirtyOf } from "../../apis/serving/labels.ts";
import type { Service } from "../../apis/serving/types.ts";
import type { Client } from "../../client/client.ts";

/** Resolves with the numbers of files, without objects that have none. That of a Service is its newest revision's. */
export async function dirtyFiles(
  client: Client,
  objects: readonly AnyObject[],
): Promise<ReadonlyMap<AnyObject, number>> {
  const services = objects.filter((object) => kindOf(object) === "Service.serving.knative.dev");
  const revisions = objects.filter((object) => kindOf(object) === "Revision.serving.knative.dev");
  const all = services.length === 0 ? [] : (await client.list("Revision.serving.knative.dev")).items;
  const byName = new Map<NamespacedName, AnyObject>(all.map((each) => [namespacedName(keyOf(each)), each]));
  const newest = (service: AnyObject): AnyObject | undefined => {
    const { namespace = "" } = service.metadata;
    const name = (service as Service).status?.latestCreatedRevisionName ?? "";
    return byName.get(namespacedName({ namespace, name }));
  };
  const pairs = [
    ...revisions.map((revision) => [revision, revision] as const),
    ...services.map((service) => [service, newest(service)] as const),
  ];
  const counts = pairs.map(([object, revision]) => [object, dirtyOf(revision?.metadata ?? {})] as const);
  return new Map(counts.filter(([, count]) => count > 0));
}
