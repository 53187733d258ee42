// What dev tells, as happenings. Pure.
import { kindOf, resourceOf } from "../../apis/kinds.ts";
import type { Applied } from "../../dev/apply-objects.ts";
import type { DevEvent } from "../../dev/dev-event.ts";
import type { ProjectFinding } from "../../project/finding.ts";
import type { Project } from "../../project/project.ts";
import { fullName } from "../objects/resource-words.ts";
import { excerpt, placeText } from "../output/findings.ts";
import type { Happening } from "./happening.ts";

function fileHappening(finding: ProjectFinding, { texts }: Project): Happening {
  const { message, severity } = finding;
  const lines = excerpt(finding, texts);
  return { type: "file", place: placeText(finding), message, severity, ...(lines.length > 0 && { excerpt: lines }) };
}

function appliedHappening(applied: Applied): readonly Happening[] {
  const resource = resourceOf(kindOf(applied.object));
  const name = applied.object.metadata.name;
  const object = resource === undefined ? name : fullName(resource, name);
  if ("refusal" in applied) {
    return [{ type: "file", place: object, message: applied.refusal.message, severity: "error" }];
  }
  if (applied.verdict === "unchanged") return [];
  return [{ type: "applied", object, verdict: applied.verdict, warnings: applied.warnings }];
}

function restartText({ revision, instances, config }: Extract<DevEvent, { type: "restarting" }>): string {
  const name = revision.slice(revision.indexOf("/") + 1);
  const who = instances === 1 ? "its instance restarts" : `its ${instances} instances restart one by one`;
  return `${name}: ${config} changed, ${who} to get the new environment (a cluster would leave the old one)`;
}

/** The happenings of one dev event. Build output is no happening: only `-v` shows it. */
export function devHappenings(event: DevEvent): readonly Happening[] {
  switch (event.type) {
    case "invalid":
      return event.findings.map((finding) => fileHappening(finding, event.project));
    case "changed":
      return [{ type: "build", service: event.service, phase: "changed" }];
    case "building":
      return [{ type: "build", service: event.service, phase: "started" }];
    case "built":
      return [{ type: "build", service: event.service, phase: "done", message: event.image }];
    case "build-failed":
      return [{ type: "build", service: event.service, phase: "failed", message: event.message, first: event.isFirst }];
    case "build-output":
      return [];
    case "applied":
      return appliedHappening(event.applied);
    case "stumbled":
      return [{ type: "notice", text: `a change could not be deployed: ${event.message}` }];
    case "valid":
      return [{ type: "notice", text: "the files are in order again" }];
    case "needs-start":
      return [{ type: "notice", text: `knap.yaml: ${event.settings.join(", ")}: counts from the next start on` }];
    case "restarting":
      return [{ type: "notice", text: restartText(event) }];
    case "removed":
      return [{ type: "applied", object: event.object, verdict: "removed", warnings: [] }];
  }
}
