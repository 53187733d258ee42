// Checks what a run of `knap ci` measured against the limits that the user set. Pure.
import { bytesText } from "../../base/bytes-text.ts";
import { countText } from "../../base/count-text.ts";
import { formatDuration } from "../../base/go/duration.ts";
import { latencyText } from "../output/text.ts";
import type { TestCase } from "./ci-record.ts";
import type { SessionFigures } from "./session-recorder.ts";

/** The flags `--max-…` of `ci`; absent: no limit. */
export interface Budgets {
  readonly maxColdStartMs?: number | undefined;
  readonly maxP99Ms?: number | undefined;
  readonly maxPods?: number | undefined;
  readonly maxMemoryBytes?: number | undefined;
  readonly maxImageBytes?: number | undefined;
}

const EXCEEDED = "LIMIT_EXCEEDED";

export interface BudgetCase extends TestCase {
  readonly fix?: string | undefined;
}

/** Memory and image sizes are measured only for these limits and for reports. */
export function needsUsage({ maxMemoryBytes, maxImageBytes }: Budgets): boolean {
  return maxMemoryBytes !== undefined || maxImageBytes !== undefined;
}

/** Returns a case for each limit. A limit without a measured value fails: it would hide a check that never ran. */
export function checkBudgets(figures: SessionFigures, budgets: Budgets): readonly BudgetCase[] {
  const { maxColdStartMs, maxP99Ms, maxPods, maxMemoryBytes, maxImageBytes } = budgets;
  return [
    ...(maxColdStartMs === undefined ? [] : [checkColdStarts(figures, maxColdStartMs)]),
    ...(maxP99Ms === undefined ? [] : [checkLatency(figures, maxP99Ms)]),
    ...(maxPods === undefined ? [] : [checkPods(figures, maxPods)]),
    ...(maxMemoryBytes === undefined ? [] : [checkMemory(figures, maxMemoryBytes)]),
    ...(maxImageBytes === undefined ? [] : [checkImages(figures, maxImageBytes)]),
  ];
}

interface Measure {
  readonly what: string;
  readonly value: number;
}

interface Limit {
  readonly flag: string;
  readonly name: string;
  readonly limit: number;
  readonly text: (value: number) => string;
  readonly limitText: string;
  /** Follows "was measured", with what to do. */
  readonly none: readonly [what: string, fix: string];
  readonly fix?: string;
  readonly seconds?: (value: number) => number;
}

/** The greatest measure decides. */
function checkLimit(measures: readonly Measure[], limit: Limit): BudgetCase {
  const { flag, name, text, limitText, seconds = () => 0 } = limit;
  const greatest = [...measures].sort((a, b) => b.value - a.value)[0];
  if (greatest === undefined) {
    const [what, fix] = limit.none;
    return { name, seconds: 0, failure: `${flag} ${limitText}: no ${what} was measured`, code: EXCEEDED, fix };
  }
  const took = seconds(greatest.value);
  if (greatest.value <= limit.limit) return { name, seconds: took };
  return {
    name,
    seconds: took,
    failure: `${greatest.what} ${text(greatest.value)}, more than ${limitText}`,
    code: EXCEEDED,
    fix: limit.fix,
  };
}

const durationLimit = (ms: number): string => formatDuration(BigInt(Math.round(ms * 1e6)));

/** The first starts count. The time to fetch images does not: it depends on the network and the machine's caches. */
function checkColdStarts({ coldStarts, firstStarts }: SessionFigures, limit: number): BudgetCase {
  const starts = [
    ...coldStarts.map(({ revision, totalMs, fetchMs }) => ({
      what: `a cold start of ${revision} took`,
      value: totalMs - fetchMs,
    })),
    ...firstStarts.map(({ pod, totalMs }) => ({ what: `the first start of pod ${pod} took`, value: totalMs })),
  ];
  const limitText = durationLimit(limit);
  return checkLimit(starts, {
    flag: "--max-cold-start",
    name: `cold starts take at most ${limitText}`,
    limit,
    text: latencyText,
    limitText,
    none: ["start", "request a Service that is at zero, or let one start a pod (initial-scale 1)"],
    fix: "see the parts of a cold start in the output of `knap up`",
    seconds: (ms) => ms / 1000,
  });
}

function checkLatency({ services }: SessionFigures, limit: number): BudgetCase {
  const measures = services.flatMap(({ service, requests }) =>
    requests && requests.answered > 0 ? [{ what: `p99 of ${service} was`, value: requests.latencyMs.p99 }] : [],
  );
  const limitText = durationLimit(limit);
  return checkLimit(measures, {
    flag: "--max-p99",
    name: `99 % of the requests take at most ${limitText}`,
    limit,
    text: latencyText,
    limitText,
    none: ["request", "let CMD request a Service, at KNAP_URL"],
    seconds: (ms) => ms / 1000,
  });
}

/** The node takes at most this many pods, so more are never seen: more were wanted if one did not fit. */
function checkPods({ warnings }: SessionFigures, limit: number): BudgetCase {
  const name = `at most ${countText(limit, "pod")} at once`;
  const unfit = warnings.find(({ reason }) => reason === "FailedScheduling");
  if (unfit === undefined) return { name, seconds: 0 };
  const failure = `${unfit.about} did not fit: ${unfit.message}`;
  return { name, seconds: 0, failure, code: EXCEEDED, fix: "raise --max-pods, or lower the Service's max-scale" };
}

function checkMemory({ memory }: SessionFigures, limit: number): BudgetCase {
  const measures = memory.map(({ pod, memoryBytes }) => ({ what: `pod ${pod} used`, value: memoryBytes }));
  const limitText = bytesText(limit);
  return checkLimit(measures, {
    flag: "--max-memory",
    name: `a pod uses at most ${limitText}`,
    limit,
    text: bytesText,
    limitText,
    none: ["pod", "let CMD request a Service, or set initial-scale 1"],
  });
}

function checkImages({ images }: SessionFigures, limit: number): BudgetCase {
  const measures = images.map(({ image, sizeBytes }) => ({ what: `image ${image} has`, value: sizeBytes }));
  const limitText = bytesText(limit);
  return checkLimit(measures, {
    flag: "--max-image-size",
    name: `an image has at most ${limitText}`,
    limit,
    text: bytesText,
    limitText,
    none: ["image", "run with Docker: processes have no images"],
  });
}
