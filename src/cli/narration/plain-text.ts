// Happenings as lines for people: a mark, a name, a sentence. Pure but for the colours it is given.
import { type ColdStartParts, coldStartSteps } from "../../client/live.ts";
import { latencyText } from "../output/latency-text.ts";
import type { Terminal } from "../terminal.ts";
import type { Happening } from "./happening.ts";

/** `412 ms = queue 3 · decide 1 · …` */
function wakeText(totalMs: number, parts: ColdStartParts): string {
  const shown = coldStartSteps.map(([key, name]) => `${name} ${Math.round(parts[key])}`);
  return `${latencyText(totalMs)} = ${shown.join(" · ")}`;
}

const short = (name: string): string => name.slice(name.indexOf("/") + 1);
const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** The lines of one happening. */
export function plainText(happening: Happening, { paint }: Pick<Terminal, "paint">): string {
  switch (happening.type) {
    case "session":
      return `${paint("bold", "knap")} serves ${plural(happening.services, "Service")} at ${happening.url} (${happening.runtime})`;
    case "notice":
      return `${paint("cyan", "·")} ${happening.text}`;
    case "ready": {
      const { service, revision, url, address, reach } = happening;
      const also = address !== undefined ? `   also ${address}` : reach !== undefined ? `   here: ${reach}` : "";
      return `${paint("green", "✓")} ${service} is ready (${revision}): ${paint("bold", url)}${paint("dim", also)}`;
    }
    case "mapped": {
      const here = happening.reach === undefined ? "" : paint("dim", `   here: ${happening.reach}`);
      return `${paint("green", "✓")} ${happening.domain} is mapped: ${paint("bold", happening.url)}${here}`;
    }
    case "failed": {
      const line = `${paint("red", "✗")} ${happening.service}: ${happening.reason}: ${happening.message}`;
      return happening.fix === undefined ? line : `${line}\n  → ${happening.fix}`;
    }
    case "deleted":
      return `${paint("dim", "-")} ${happening.service} is deleted`;
    case "scaled": {
      const verb = happening.to === 0 ? "naps" : "scales";
      const why = happening.why ? paint("dim", `   ${happening.why}`) : "";
      return `${paint("cyan", happening.to === 0 ? "z" : "↕")} ${happening.revision} ${verb} ${happening.from} → ${happening.to}${why}`;
    }
    case "woke":
      return `${paint("cyan", "↑")} ${short(happening.revision)} woke in ${wakeText(happening.totalMs, happening.parts)}`;
    case "event": {
      const line = `${paint("yellow", "!")} ${happening.about} ${happening.reason}: ${happening.message}`;
      return happening.fix === undefined ? line : `${line}\n  → ${happening.fix}`;
    }
    case "file": {
      const mark = happening.severity === "error" ? paint("red", "✗") : paint("yellow", "!");
      return [`${mark} ${happening.place}: ${happening.message}`, ...(happening.excerpt ?? [])].join("\n");
    }
    case "build":
      return buildText(happening, paint);
    case "applied":
      return `${paint("dim", "·")} ${happening.object} ${happening.verdict}${warningNote(happening.warnings.length)}`;
  }
}

/** Knative warns at length about what is merely insecure; the full texts are a command away. */
function warningNote(count: number): string {
  return count === 0 ? "" : ` (${plural(count, "warning")}, see \`knap validate\`)`;
}

function buildText(
  { service, phase, message, first }: Extract<Happening, { type: "build" }>,
  paint: Terminal["paint"],
): string {
  if (phase === "changed") return `${paint("cyan", "↻")} ${service}: its sources changed, a new revision starts`;
  if (phase === "started") return `${paint("cyan", "⚒")} ${service}: building`;
  if (phase === "done") return `${paint("green", "⚒")} ${service}: built${message ? ` ${message}` : ""}`;
  const so = first ? "it is not served until the build works" : "what ran before runs on";
  return `${paint("red", "✗")} ${service}: the build failed; ${so}\n${(message ?? "").replace(/^/gm, "  ")}`;
}
