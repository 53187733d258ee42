// Draws the charts of the report page as SVG: pods and requests over time, and the steps of starts. Pure.
import { type ColdStart, coldStartSteps } from "../../client/live.ts";
import type { ScaleSample } from "../../load/scale-sample.ts";
import { latencyText } from "../output/text.ts";

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Escapes a text for HTML and SVG, also within attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => escapes[sign] ?? sign);
}

const WIDTH = 720;
const HEIGHT = 140;
const LEFT = 40;
const BOTTOM = 18;

const short = (value: number): string => String(Math.round(value * 10) / 10);

/** Ready pods as an area, wanted pods as a line, requests a second as a thin line with an axis of its own. */
export function scaleChart(samples: readonly ScaleSample[]): string {
  const lastMs = Math.max(1000, samples.at(-1)?.atMs ?? 0);
  const mostPods = Math.max(1, ...samples.flatMap(({ ready, wanted }) => [ready, wanted]));
  const mostRequests = Math.max(1, ...samples.map(({ requestsPerSecond }) => requestsPerSecond));
  const x = (ms: number): string => short(LEFT + ((WIDTH - 2 * LEFT) * ms) / lastMs);
  const y = (value: number, most: number): string => short(HEIGHT - BOTTOM - ((HEIGHT - BOTTOM - 8) * value) / most);
  /** Values hold until the next sample. */
  const steps = (value: (sample: ScaleSample) => number, most: number): string =>
    samples
      .flatMap((sample, index) => {
        const at = y(value(sample), most);
        const end = samples[index + 1]?.atMs ?? lastMs;
        return [`${x(sample.atMs)},${at}`, `${x(end)},${at}`];
      })
      .join(" ");
  const base = HEIGHT - BOTTOM;
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="at most ${mostPods} pods and ${short(mostRequests)} requests a second in ${short(lastMs / 1000)} s">`,
    `<polygon class="ready" points="${x(samples[0]?.atMs ?? 0)},${base} ${steps(({ ready }) => ready, mostPods)} ${WIDTH - LEFT},${base}"/>`,
    `<polyline class="wanted" points="${steps(({ wanted }) => wanted, mostPods)}"/>`,
    `<polyline class="requests" points="${steps(({ requestsPerSecond }) => requestsPerSecond, mostRequests)}"/>`,
    `<line class="axis" x1="${LEFT}" y1="${base}" x2="${WIDTH - LEFT}" y2="${base}"/>`,
    `<text x="${LEFT - 6}" y="16" text-anchor="end">${mostPods}</text>`,
    `<text x="${WIDTH - LEFT + 6}" y="16">${short(mostRequests)}/s</text>`,
    `<text x="${LEFT}" y="${HEIGHT - 4}">0</text>`,
    `<text x="${WIDTH - LEFT}" y="${HEIGHT - 4}" text-anchor="end">${short(lastMs / 1000)} s</text>`,
    "</svg>",
  ].join("\n");
}

const BAR = 22;
const NAME_WIDTH = 200;

/** One bar per cold start, all on the same time axis. */
export function coldStartChart(starts: readonly ColdStart[]): string {
  const most = Math.max(1, ...starts.map(({ totalMs }) => totalMs));
  const scale = (WIDTH - NAME_WIDTH - 80) / most;
  const bars = starts.flatMap(({ revision, totalMs, parts }, index) => {
    const top = index * BAR;
    let at = NAME_WIDTH;
    const segments = coldStartSteps.map(([step, name]) => {
      const width = parts[step] * scale;
      const title = `<title>${name} ${latencyText(parts[step])}</title>`;
      const bar = `<rect class="step ${step}" x="${short(at)}" y="${top + 3}" width="${short(width)}" height="${BAR - 8}">${title}</rect>`;
      at += width;
      return bar;
    });
    return [
      `<text x="0" y="${top + 14}">${escapeHtml(revision)}</text>`,
      ...segments,
      `<text x="${short(at + 6)}" y="${top + 14}">${latencyText(totalMs)}</text>`,
    ];
  });
  const legend = coldStartSteps.map(([step, name]) => `<span class="key ${step}">${name}</span>`).join(" ");
  const label = `cold starts, the longest ${latencyText(most)}`;
  return `<svg viewBox="0 0 ${WIDTH} ${starts.length * BAR}" role="img" aria-label="${label}">\n${bars.join("\n")}\n</svg>\n<p class="legend">${legend}</p>`;
}
