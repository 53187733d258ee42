// Tells a pull as the kubelet's events do, and how far it has come: what has been downloaded of what is known to come. It never pulls.
import type { PullProgress } from "../runtime/runtime.ts";

/** Between two reports of one pull. */
const EVERY_MS = 3000;
const MEGABYTE = 1_000_000;

/** Takes the engine's steps of one pull and tells a sentence at its start and every few seconds. `now` in ms. */
export function makePullReport(
  reference: string,
  now: () => number,
  tell: (message: string) => void,
): (step: PullProgress) => void {
  const layers = new Map<string, { readonly current: number; readonly total: number }>();
  let told: number | undefined;
  return (step) => {
    measure(layers, step);
    if (told !== undefined && now() - told < EVERY_MS) return;
    const amount = told === undefined ? "" : amountOf([...layers.values()]);
    if (told !== undefined && amount === "") return;
    told = now();
    tell(`Pulling image "${reference}"${amount}`);
  };
}

function measure(
  layers: Map<string, { readonly current: number; readonly total: number }>,
  { layer, status, currentBytes = 0, totalBytes }: PullProgress,
): void {
  if (layer === undefined) return;
  const known = layers.get(layer);
  // What comes after the download counts bytes of its own.
  if (status !== "Downloading") {
    if (known) layers.set(layer, { current: known.total, total: known.total });
  } else if (totalBytes !== undefined) layers.set(layer, { current: currentBytes, total: totalBytes });
}

function amountOf(layers: readonly { readonly current: number; readonly total: number }[]): string {
  const sum = (field: "current" | "total") => layers.reduce((all, layer) => all + layer[field], 0);
  if (sum("total") === 0) return "";
  return `: ${Math.floor(sum("current") / MEGABYTE)} of ${Math.ceil(sum("total") / MEGABYTE)} MB`;
}
