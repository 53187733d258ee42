// Maps the events of watch mode to progress events. Pure.
import { relative } from "node:path";
import { filesText } from "../../base/count-text.ts";
import type { Applied } from "../../dev/apply-objects.ts";
import type { DevEvent } from "../../dev/dev-event.ts";
import type { ProjectFinding } from "../../manifest/diagnostic.ts";
import type { DevelopPlan, Project } from "../../project/project.ts";
import { fullNameOf } from "../objects/targets.ts";
import { excerpt, isInsecureDefault, linesOf, placeText } from "../output/findings.ts";
import type { ProgressEvent } from "./progress-event.ts";

function fileProgress(finding: ProjectFinding, { texts }: Project): ProgressEvent {
  const { message, severity, fix } = finding;
  const lines = excerpt(finding, linesOf(texts));
  const shown = lines.length > 0 ? lines : undefined;
  return { type: "file", place: placeText(finding), message, severity, excerpt: shown, fix };
}

function appliedProgress(applied: Applied): readonly ProgressEvent[] {
  const object = fullNameOf(applied.object);
  if ("refusal" in applied) {
    return [{ type: "file", place: object, message: applied.refusal.message, severity: "error" }];
  }
  if (applied.verdict === "unchanged") return [];
  // Loading the files has already noted insecure defaults.
  const warnings = applied.warnings.filter((warning) => !isInsecureDefault(warning));
  return [{ type: "applied", object, verdict: applied.verdict, warnings }];
}

function restartText({ revision, instances, config }: Extract<DevEvent, { type: "restarting" }>): string {
  const name = revision.slice(revision.indexOf("/") + 1);
  const who = instances === 1 ? "its instance restarts" : `its ${instances} instances restart one by one`;
  return `${name}: ${config} changed, ${who} to get the new environment (a cluster would keep the old one)`;
}

/** Groups the paths of rules by what happens to them: `a change of src, public is synced and restarts it; …`. */
function rulesText({ rules }: DevelopPlan, folder: string): string {
  const groups = new Map<string, string[]>();
  for (const { action, path, include } of rules) {
    const what = action === "rebuild" ? "rebuilds it" : action === "sync" ? "is synced" : "is synced and restarts it";
    const name = [relative(folder, path) || ".", ...include].join("/").replace(/^\.\/(?=\*)/, "");
    groups.set(what, [...(groups.get(what) ?? []), name]);
  }
  return [...groups].map(([what, names]) => `a change of ${[...new Set(names)].join(", ")} ${what}`).join("; ");
}

function watchingText({ service, plan, folder, isBuilt }: Extract<DevEvent, { type: "watching" }>): string {
  if (isBuilt) return `${service}: ${rulesText(plan, folder)} (\`knap init --watch\` writes these rules to knap.yaml)`;
  return `${service}: \`${plan.reloader}\` reloads changed code, so knap does not restart it (develop.reload: restart in knap.yaml changes that)`;
}

function refusedText({ service, message, isRebuilt }: Extract<DevEvent, { type: "sync-refused" }>): string {
  return `${service}: files cannot be synced: ${message}${isRebuilt ? "; a new revision has them" : ""}`;
}

function blockedText({ service, files, isRetried }: Extract<DevEvent, { type: "blocked" }>): string {
  const names = filesText(files);
  const what = isRetried
    ? "it is deployed when it stays the same for a while"
    : "its changes alone are not deployed any more; a requested rebuild ends this";
  return `${service}: ${names} changes again and again: ${what}. To ignore it, add it to .dockerignore, to ignore of its watch rule or, without a rule, to .gitignore`;
}

function limitText(setting: string): string {
  return `the system allows no more watchers of files, so some saves have no effect: raise ${setting} (\`sudo sysctl ${setting}=524288\`), or keep large folders out of the build context with .dockerignore`;
}

function unwatchedText(service: string): string {
  const name = service.slice(service.indexOf("/") + 1);
  return `${service}: changed sources have no effect, because its command is in the manifest. To watch them, start knap in the folder of the manifest, or set services.${name}.command in knap.yaml`;
}

function builtProgress({ service, image, figures }: Extract<DevEvent, { type: "built" }>): ProgressEvent {
  if (figures === undefined) return { type: "build", service, phase: "done", message: image };
  const { ms, steps, cached } = figures;
  return { type: "build", service, phase: "done", message: image, totalMs: Math.round(ms), steps, cached };
}

function changedProgress({ service, files, isSame, reason }: Extract<DevEvent, { type: "changed" }>): ProgressEvent {
  const names = filesText(files);
  const message = reason === undefined || names === "" ? names : `${names} (${reason})`;
  return { type: "build", service, phase: "changed", message, ...(isSame && { same: true }) };
}

/** Returns the progress events of one dev event. Returns none for output and steps of builds, which `-v` shows. */
export function devProgress(event: DevEvent): readonly ProgressEvent[] {
  switch (event.type) {
    case "invalid":
      return event.findings.map((finding) => fileProgress(finding, event.project));
    case "warned":
      return event.findings
        .filter(({ message }) => !isInsecureDefault(message))
        .map((finding) => fileProgress(finding, event.project));
    case "watch-limit":
      return [{ type: "notice", text: limitText(event.setting) }];
    case "changed":
      return [changedProgress(event)];
    case "watching":
      return [{ type: "notice", text: watchingText(event) }];
    case "synced":
      return [event];
    case "sync-refused":
      return [{ type: "notice", text: refusedText(event) }];
    case "sync-problem":
      return [{ type: "notice", text: `${event.service}: ${event.message}` }];
    case "blocked":
      return [{ type: "notice", text: blockedText(event) }];
    case "unwatched":
      return [{ type: "notice", text: unwatchedText(event.service) }];
    case "building":
      return [{ type: "build", service: event.service, phase: "started" }];
    case "built":
      return [builtProgress(event)];
    case "build-failed":
      return [{ type: "build", service: event.service, phase: "failed", message: event.message, first: event.isFirst }];
    case "build-output":
    case "build-step":
      return [];
    case "applied":
      return appliedProgress(event.applied);
    case "deploy-failed":
      return [{ type: "notice", text: `a change could not be deployed: ${event.message}` }];
    case "valid":
      return [{ type: "notice", text: "the files are valid again" }];
    case "needs-start":
      return [{ type: "notice", text: `knap.yaml: ${event.settings.join(", ")}: takes effect at the next start` }];
    case "restarting":
      return [{ type: "notice", text: restartText(event) }];
    case "removed":
      return [{ type: "applied", object: event.object, verdict: "removed", warnings: [] }];
  }
}
