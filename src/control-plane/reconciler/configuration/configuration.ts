// Plans for a Configuration: one Revision for each generation, and which of them is the latest ready.
// Source: pkg/reconciler/configuration/configuration.go.

import { conditionOf, configurationConditions } from "../../../apis/meta/conditions.ts";
import { keyOf } from "../../../apis/meta/key.ts";
import {
  markLatestCreatedFailed,
  markLatestCreatedRevision,
  markLatestReadyRevision,
  markRevisionCreationFailed,
} from "../../../apis/serving/configuration-lifecycle.ts";
import { CONFIGURATION_GENERATION_LABEL, CONFIGURATION_LABEL } from "../../../apis/serving/labels.ts";
import type { Revision } from "../../../apis/serving/types.ts";
import type { EventNote, Reconciler } from "../../controller/reconciler.ts";
import { defaulted } from "../defaulted.ts";
import { type Failure, knativePlanner, type Pass } from "../pass.ts";
import { makeRevision } from "./make-revision.ts";
import { isOurs, latestReadyRevision } from "./revisions.ts";

const KIND = "Configuration.serving.knative.dev";
type ConfigurationPass = Pass<typeof KIND>;

export const configurationPlanner: Reconciler<typeof KIND> = knativePlanner({
  name: "configuration",
  kind: KIND,
  conditions: configurationConditions,
  defaulted,
  reconcile: reconcileConfiguration,
});

function reconcileConfiguration(pass: ConfigurationPass): Failure {
  const { plan, at } = pass;
  const found = revisionOfGeneration(pass);
  if (found === "taken") {
    const name = pass.object.spec.template.metadata?.name ?? "";
    const why = `revisions.serving.knative.dev "${name}" already exists`;
    pass.status = markRevisionCreationFailed(pass.status, why, at);
    return undefined;
  }
  const revision = found ?? makeRevision(pass.object, at);
  const { name } = revision.metadata;
  if (!found) {
    // Somebody else's Revision has the name that this generation would have; nobody is told but the log.
    if (pass.world.get("Revision.serving.knative.dev", pass.object.metadata.namespace, name)) {
      return `failed to create Revision: revisions.serving.knative.dev "${name}" already exists`;
    }
    const refusal = pass.world.refusal(keyOf(revision));
    plan.create.push(revision);
    if (refusal) {
      plan.events.push(warning("CreationFailed", `Failed to create Revision: ${refusal.message}`));
      pass.status = markRevisionCreationFailed(pass.status, refusal.message, at);
      return `failed to create Revision: ${refusal.message}`;
    }
    plan.events.push({ type: "Normal", reason: "Created", message: `Created Revision "${name}"` });
  }
  pass.status = markLatestCreatedRevision(pass.status, name, at);
  noteReadiness(pass, revision);
  const latest = latestReadyRevision({ ...pass.object, status: pass.status }, pass.world)?.metadata.name;
  if (latest !== undefined) {
    if (latest !== pass.status.latestReadyRevisionName) {
      const message = `LatestReadyRevisionName updated to "${latest}"`;
      plan.events.push({ type: "Normal", reason: "LatestReadyUpdate", message });
    }
    pass.status = markLatestReadyRevision(pass.status, latest, at);
  }
  return undefined;
}

/** The Revision that stands for the present generation; `taken` when its name belongs to another one. */
function revisionOfGeneration({ object, world }: ConfigurationPass): Revision | undefined | "taken" {
  const { name, namespace, generation } = object.metadata;
  const brought = object.spec.template.metadata?.name;
  if (brought) {
    const revision = world.get("Revision.serving.knative.dev", namespace, brought);
    if (!revision) return undefined;
    return isOurs(revision, object) ? revision : "taken";
  }
  const matchLabels = { [CONFIGURATION_LABEL]: name, [CONFIGURATION_GENERATION_LABEL]: String(generation) };
  return world.list("Revision.serving.knative.dev", { namespace, labels: { matchLabels } })[0];
}

function noteReadiness(pass: ConfigurationPass, revision: Revision): void {
  const { name } = revision.metadata;
  const ready = conditionOf(revision.status?.conditions, "Ready");
  if (ready?.status === "True" && !pass.status.latestReadyRevisionName) {
    pass.plan.events.push({ type: "Normal", reason: "ConfigurationReady", message: "Configuration becomes ready" });
  }
  if (ready?.status !== "False") return;
  const before = conditionOf(pass.status.conditions, "Ready");
  pass.status = markLatestCreatedFailed(pass.status, name, ready.message ?? "", pass.at);
  const after = conditionOf(pass.status.conditions, "Ready");
  // A Revision that never was ready is marked anew each time and so told each time, as Knative does.
  if (before?.status === after?.status && before?.message === after?.message) return;
  const isLatestReady = name === pass.status.latestReadyRevisionName;
  pass.plan.events.push(
    isLatestReady
      ? warning("LatestReadyFailed", `Latest ready revision "${name}" has failed`)
      : warning("LatestCreatedFailed", `Latest created revision "${name}" has failed`),
  );
}

function warning(reason: string, message: string): EventNote {
  return { type: "Warning", reason, message };
}
