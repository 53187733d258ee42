// Renders progress events as lines for people.
import { countText, filesText } from "../../base/count-text.ts";
import { type ColdStartParts, coldStartSteps } from "../../client/live.ts";
import { latencyText } from "../output/text.ts";
import type { Terminal } from "../terminal.ts";
import type { ProgressEvent } from "./progress-event.ts";

type Painter = Pick<Terminal, "paint">;

/** Formats a cold start as `412 ms = queue 3 · decide 1 · …`. */
function coldStartText(totalMs: number, parts: ColdStartParts): string {
  const shown = coldStartSteps.map(([key, name]) => `${name} ${Math.round(parts[key])}`);
  return `${latencyText(totalMs)} = ${shown.join(" · ")}`;
}

const withFix = (line: string, fix: string | undefined): string => (fix === undefined ? line : `${line}\n  → ${fix}`);

/** Renders one event, with several lines if it has an excerpt or a fix. */
export function renderPlain(event: ProgressEvent, { paint }: Painter): string {
  switch (event.type) {
    case "session":
      return `${paint("bold", "knap")} serves ${countText(event.services, "Service")} at ${event.url} (${event.runtime})`;
    case "notice":
      return `${paint("cyan", "·")} ${event.text}`;
    case "ready": {
      const { service, revision, url, address, reach } = event;
      const also = address !== undefined ? `   also ${address}` : reach !== undefined ? `   here: ${reach}` : "";
      return `${paint("green", "✓")} ${service} is ready (${revision}): ${paint("bold", url)}${paint("dim", also)}`;
    }
    case "mapped": {
      const here = event.reach === undefined ? "" : paint("dim", `   here: ${event.reach}`);
      return `${paint("green", "✓")} ${event.domain} is mapped: ${paint("bold", event.url)}${here}`;
    }
    case "failed":
      return withFix(`${paint("red", "✗")} ${event.service}: ${event.reason}: ${event.message}`, event.fix);
    case "deleted":
      return `${paint("dim", "-")} ${event.service} is deleted`;
    case "scaled": {
      const [mark, verb] = event.to === 0 ? ["z", "naps"] : ["↕", "scales"];
      const why = event.why ? paint("dim", `   ${event.why}`) : "";
      return `${paint("cyan", mark)} ${event.revision} ${verb} ${event.from} → ${event.to}${why}`;
    }
    case "woke": {
      const name = event.revision.slice(event.revision.indexOf("/") + 1);
      return `${paint("cyan", "↑")} ${name} woke in ${coldStartText(event.totalMs, event.parts)}`;
    }
    case "event":
      return withFix(`${paint("yellow", "!")} ${event.about} ${event.reason}: ${event.message}`, event.fix);
    case "file": {
      const mark = event.severity === "error" ? paint("red", "✗") : paint("yellow", "!");
      const lines = [`${mark} ${event.place}: ${event.message}`, ...(event.excerpt ?? [])];
      return withFix(lines.join("\n"), event.fix);
    }
    case "build":
      return renderBuild(event, { paint });
    case "synced":
      return `${paint("green", "↻")} ${syncedText(event)}`;
    case "applied": {
      const count = event.warnings.length;
      const warnings = count === 0 ? "" : ` (${countText(count, "warning")}, see \`knap validate\`)`;
      return `${paint("dim", "·")} ${event.object} ${event.verdict}${warnings}`;
    }
  }
}

type SyncedEvent = Extract<ProgressEvent, { type: "synced" }>;

/** Returns for example `hello: synced src/a.ts to 2 instances in 260 ms (noticed 12 · archived 40 · served 260)`. */
function syncedText({ service, files, copied, instances, dirty, times }: SyncedEvent): string {
  const name = service.slice(service.indexOf("/") + 1);
  const dirtyText = dirty > 0 ? `   dirty +${dirty}` : "";
  const names = filesText(files);
  if (instances === 0) return `${name}: the next instances have ${names}${dirtyText}`;
  const steps = [
    ["noticed", times.noticedMs],
    ["archived", copied === 0 ? undefined : times.archivedMs],
    ["restarted", times.restartedMs],
    ["served", times.servedMs],
  ] as const;
  const shown = steps.flatMap(([step, ms]) => (ms === undefined ? [] : [`${step} ${Math.round(ms)}`]));
  const count = countText(instances, "instance");
  const what = copied === 0 ? `restarted ${count} with ${names}` : `synced ${names} to ${count}`;
  const total = times.servedMs === undefined ? ", not served yet" : ` in ${latencyText(times.servedMs)}`;
  return `${name}: ${what}${total} (${shown.join(" · ")})${dirtyText}`;
}

type BuildEvent = Extract<ProgressEvent, { type: "build" }>;

/** Formats ` in 3.4 s, 4 of 6 steps cached`. */
function figuresText({ totalMs, steps = 0, cached = 0 }: BuildEvent): string {
  if (totalMs === undefined) return "";
  return ` in ${latencyText(totalMs)}${steps > 0 ? `, ${cached} of ${countText(steps, "step")} cached` : ""}`;
}

function renderBuild(event: BuildEvent, { paint }: Painter): string {
  const { service, phase, message, first, same } = event;
  if (phase === "changed") {
    const outcome = same ? "the image is the same, no new revision" : "new revision";
    return `${paint("cyan", "↻")} ${service}: ${message ? `${message} changed` : "rebuild requested"}: ${outcome}`;
  }
  if (phase === "started") return `${paint("cyan", "⚒")} ${service}: building`;
  if (phase === "done")
    return `${paint("green", "⚒")} ${service}: built${message ? ` ${message}` : ""}${figuresText(event)}`;
  const consequence = first ? "it is not served until a build succeeds" : "the previous revision keeps running";
  return `${paint("red", "✗")} ${service}: the build failed; ${consequence}\n${(message ?? "").replace(/^/gm, "  ")}`;
}
