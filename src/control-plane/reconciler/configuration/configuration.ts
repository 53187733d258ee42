// Plans for a Configuration: a Revision for each generation, and the latest ready Revision in the status.
// Source: pkg/reconciler/configuration/configuration.go.
import { conditionOf, configurationConditions, isReady } from "../../../apis/meta/conditions.ts";
import { keyOf } from "../../../apis/meta/key.ts";
import type { Stored } from "../../../apis/meta/object.ts";
import * as lifecycle from "../../../apis/serving/configuration-lifecycle.ts";
import { debugOf } from "../../../apis/serving/debug.ts";
import { CONFIGURATION_GENERATION_LABEL, CONFIGURATION_LABEL } from "../../../apis/serving/labels.ts";
import type { Configuration, Revision } from "../../../apis/serving/types.ts";
import { sameJson } from "../../../base/json.ts";
import type { EventNote, Reconciler } from "../../controller/reconciler.ts";
import type { View } from "../../store/view.ts";
import { isControlledBy } from "../ownership.ts";
import { defaulted, knativePlanner, type Pass, type ReconcileError } from "../pass.ts";
import { makeRevision } from "./make-revision.ts";

const KIND = "Configuration.serving.knative.dev";
type ConfigurationPass = Pass<typeof KIND>;

export const configurationPlanner: Reconciler<typeof KIND> = knativePlanner({
  name: "configuration",
  kind: KIND,
  conditions: configurationConditions,
  defaulted,
  reconcile: reconcileConfiguration,
});

function reconcileConfiguration(pass: ConfigurationPass): ReconcileError {
  const { plan, at } = pass;
  const found = revisionOfGeneration(pass);
  if (found === "taken") {
    const name = pass.object.spec.template.metadata?.name ?? "";
    const why = `revisions.serving.knative.dev "${name}" already exists`;
    pass.status = lifecycle.markRevisionCreationFailed(pass.status, why, at);
    return undefined;
  }
  const revision = found ?? makeRevision(pass.object, at);
  const { name } = revision.metadata;
  if (!found) {
    // A Revision of another object has this name. As in Knative, no condition reports it.
    if (pass.world.get("Revision.serving.knative.dev", pass.object.metadata.namespace, name)) {
      return `failed to create Revision: revisions.serving.knative.dev "${name}" already exists`;
    }
    const refusal = pass.world.refusal(keyOf(revision));
    plan.create.push(revision);
    if (refusal) {
      plan.events.push(warning("CreationFailed", `Failed to create Revision: ${refusal.message}`));
      pass.status = lifecycle.markRevisionCreationFailed(pass.status, refusal.message, at);
      return `failed to create Revision: ${refusal.message}`;
    }
    plan.events.push({ type: "Normal", reason: "Created", message: `Created Revision "${name}"` });
  }
  pass.status = lifecycle.markLatestCreatedRevision(pass.status, name, at);
  markReadiness(pass, revision);
  const serving = latestReadyRevision({ ...pass.object, status: pass.status }, revision, pass.world);
  if (serving !== undefined) {
    const latest = serving.metadata.name;
    if (latest !== pass.status.latestReadyRevisionName) {
      const message = `LatestReadyRevisionName updated to "${latest}"`;
      plan.events.push({ type: "Normal", reason: "LatestReadyUpdate", message });
    }
    pass.status = lifecycle.markLatestReadyRevision(pass.status, latest, at);
    holdRollout(pass, revision, serving);
  }
  return undefined;
}

/** Returns the Revision of the current generation; `taken` if another Revision has its name. */
function revisionOfGeneration({ object, world }: ConfigurationPass): Revision | undefined | "taken" {
  const { name, namespace, generation } = object.metadata;
  const templateName = object.spec.template.metadata?.name;
  if (templateName) {
    const revision = world.get("Revision.serving.knative.dev", namespace, templateName);
    if (!revision) return undefined;
    return isOurs(revision, object) ? revision : "taken";
  }
  const matchLabels = { [CONFIGURATION_LABEL]: name, [CONFIGURATION_GENERATION_LABEL]: String(generation) };
  return world.list("Revision.serving.knative.dev", { namespace, labels: { matchLabels } })[0];
}

function markReadiness(pass: ConfigurationPass, revision: Revision): void {
  const { name } = revision.metadata;
  const ready = conditionOf(revision.status?.conditions, "Ready");
  if (ready?.status === "True" && !pass.status.latestReadyRevisionName) {
    pass.plan.events.push({ type: "Normal", reason: "ConfigurationReady", message: "Configuration becomes ready" });
  }
  if (ready?.status !== "False") return;
  const before = conditionOf(pass.status.conditions, "Ready");
  pass.status = lifecycle.markLatestCreatedFailed(pass.status, name, ready.message ?? "", pass.at);
  const after = conditionOf(pass.status.conditions, "Ready");
  // For a Revision that never was ready the condition changes at each reconcile, so the event repeats as in Knative.
  if (before?.status === after?.status && before?.message === after?.message) return;
  const isLatestReady = name === pass.status.latestReadyRevisionName;
  pass.plan.events.push(
    isLatestReady
      ? warning("LatestReadyFailed", `Latest ready revision "${name}" has failed`)
      : warning("LatestCreatedFailed", `Latest created revision "${name}" has failed`),
  );
}

/** Shows that the newest Revision is ready and waits, because the one with the traffic is debugged. */
function holdRollout(pass: ConfigurationPass, newest: Revision, serving: Revision): void {
  const latest = serving.metadata.name;
  if (newest.metadata.name === latest || !isReady(newest) || !debugOf(serving.metadata)) return;
  pass.status = lifecycle.markRolloutHeld(pass.status, latest, pass.at);
  if (lifecycle.isRolloutHeld(pass.object.status)) return;
  const message = `Revision "${newest.metadata.name}" is ready; it gets traffic when debugging of "${latest}" ends`;
  pass.plan.events.push(warning("RolloutHeld", message));
}

function warning(reason: string, message: string): EventNote {
  return { type: "Warning", reason, message };
}

/**
 * Returns the ready Revision with the name in the template, else the newest ready Revision that is not older than the
 * latest ready one, which stays while it is debugged. `created`: the Revision of the current generation, which this
 * plan may create.
 * @see knative pkg/reconciler/configuration/configuration.go (findAndSetLatestReadyRevision)
 */
function latestReadyRevision(
  configuration: Stored<Configuration>,
  created: Revision,
  view: View,
): Revision | undefined {
  const { name, namespace, generation } = configuration.metadata;
  const templateName = configuration.spec.template.metadata?.name;
  const latest = configuration.status?.latestReadyRevisionName;
  const stored = latest ? view.get("Revision.serving.knative.dev", namespace, latest) : undefined;
  const current = latest === created.metadata.name ? created : stored;
  if (current && debugOf(current.metadata)) return current;
  const from = current ? generationOf(current) : 0;
  return view
    .list("Revision.serving.knative.dev", { namespace, labels: { matchLabels: { [CONFIGURATION_LABEL]: name } } })
    .filter((revision) => {
      if (!isReady(revision)) return false;
      const its = generationOf(revision);
      return revision.metadata.name === templateName || current === undefined || (its >= from && its <= generation);
    })
    .toSorted((a, b) => rank(b, templateName) - rank(a, templateName))[0];
}

function rank(revision: Stored<Revision>, templateName: string | undefined): number {
  return revision.metadata.name === templateName ? Number.POSITIVE_INFINITY : generationOf(revision);
}

function generationOf(revision: Revision): number {
  return Number(revision.metadata.labels?.[CONFIGURATION_GENERATION_LABEL] ?? 0);
}

/** Returns true if the Revision can be the one of the Configuration's current generation. */
function isOurs(revision: Stored<Revision>, configuration: Stored<Configuration>): boolean {
  if (!isControlledBy(revision, configuration)) return false;
  const generation = revision.metadata.labels?.[CONFIGURATION_GENERATION_LABEL];
  // A template can use an older name again if the spec is the same.
  return (
    generation === String(configuration.metadata.generation) ||
    sameJson(revision.spec, configuration.spec.template.spec)
  );
}

/** Returns true if a Revision has this name and cannot be the one of the Configuration's current generation. */
export function isRevisionNameTaken(configuration: Stored<Configuration>, name: string, view: View): boolean {
  const revision = view.get("Revision.serving.knative.dev", configuration.metadata.namespace, name);
  return revision !== undefined && !isOurs(revision, configuration);
}
