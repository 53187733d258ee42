// Formats the progress of a pull as messages, in the words of the kubelet's Events.
import type { PullProgress } from "../runtime/runtime.ts";

/** The least time between two messages. */
const PERIOD_MS = 3000;
const MEGABYTE = 1_000_000;

/**
 * Returns a function that takes the engine's steps of one pull. The function calls `report` at the first step and at
 * most every 3 s.
 */
export function makePullReport(
  reference: string,
  now: () => number,
  report: (message: string) => void,
): (step: PullProgress) => void {
  const layers = new Map<string, { readonly current: number; readonly total: number }>();
  let reportedAt: number | undefined;
  return (step) => {
    measure(layers, step);
    if (reportedAt !== undefined && now() - reportedAt < PERIOD_MS) return;
    const amount = reportedAt === undefined ? "" : amountOf([...layers.values()]);
    if (reportedAt !== undefined && amount === "") return;
    reportedAt = now();
    report(`Pulling image "${reference}"${amount}`);
  };
}

function measure(
  layers: Map<string, { readonly current: number; readonly total: number }>,
  { layer, status, currentBytes = 0, totalBytes }: PullProgress,
): void {
  if (layer === undefined) return;
  const known = layers.get(layer);
  // Steps after the download count other bytes than those that are downloaded.
  if (status !== "Downloading") {
    if (known) layers.set(layer, { current: known.total, total: known.total });
  } else if (totalBytes !== undefined) layers.set(layer, { current: currentBytes, total: totalBytes });
}

function amountOf(layers: readonly { readonly current: number; readonly total: number }[]): string {
  const sum = (field: "current" | "total") => layers.reduce((all, layer) => all + layer[field], 0);
  if (sum("total") === 0) return "";
  return `: ${Math.floor(sum("current") / MEGABYTE)} of ${Math.ceil(sum("total") / MEGABYTE)} MB`;
}
