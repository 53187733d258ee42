// Finds out which of some Services and Revisions have injected faults, for commands that show them.
import { concerns, type FaultTarget, faultOffCommand, faultText } from "../../apis/faults/fault.ts";
import { kindOf } from "../../apis/kinds.ts";
import type { AnyObject } from "../../apis/meta/object.ts";
import { SERVICE_LABEL } from "../../apis/serving/labels.ts";
import type { Client } from "../../client/client.ts";
import { listFaults } from "../../client/faults.ts";

/** Resolves with a line for each fault of each object: what it does, and how to end it. */
export async function faultLines(client: Client, objects: readonly AnyObject[]): Promise<readonly string[]> {
  const targets = objects.flatMap((object) => {
    const target = targetOf(object);
    return target ? [{ name: object.metadata.name, target }] : [];
  });
  if (targets.length === 0) return [];
  const faults = await listFaults(client);
  return targets.flatMap(({ name, target }) =>
    faults
      .filter((fault) => concerns(fault, target))
      .map((fault) => `${name} has the fault ${faultText(fault)}; \`${faultOffCommand(fault)}\` ends it`),
  );
}

function targetOf(object: AnyObject): FaultTarget | undefined {
  const { namespace, name, labels } = object.metadata;
  const kind = kindOf(object);
  if (kind === "Service.serving.knative.dev") return { namespace, service: name };
  if (kind !== "Revision.serving.knative.dev") return undefined;
  return { namespace, service: labels?.[SERVICE_LABEL], revision: name };
}
