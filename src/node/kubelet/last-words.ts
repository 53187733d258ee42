// Why a container ended, in its own words: the termination message. Reads its log; a message is worth no failure, so none is reported.
import type { Container } from "../../apis/core/pod-spec.ts";
import type { ContainerRuntime, ContainerState } from "../runtime/runtime.ts";
import type { ExitFacts } from "./pod-facts.ts";
import { fallbackMessage } from "./pod-status.ts";

const LOG_TAIL_LINES = 80;
/** 128 + SIGKILL. */
const KILLED = 137;
/** A program for another machine ends at once. */
const FOREIGN_WITHIN_MS = 5_000;

export interface Ended {
  readonly runtime: ContainerRuntime;
  readonly containerId: string;
  /** undefined: it is not there any more. */
  readonly state: ContainerState | undefined;
  readonly container: Container;
  /** The sentence that its image is for another machine. */
  readonly foreign: string | undefined;
}

/** How a start ended, as facts; a container that is not there any more counts as killed. */
export async function makeExit(
  ended: Ended,
  at: Pick<ExitFacts, "startedAt" | "finishedAt" | "endedAt">,
): Promise<ExitFacts> {
  const { state, containerId } = ended;
  const exitCode = state?.exitCode ?? KILLED;
  return {
    ...at,
    exitCode,
    reason: state?.oomKilled ? "OOMKilled" : exitCode === 0 ? "Completed" : "Error",
    message: exitCode === 0 ? "" : await lastWords(ended),
    containerId,
    ranMs: ranMs(state),
  };
}

/** The end of the log where the policy says so (FallbackToLogsOnError); for a foreign image also that it is one. */
async function lastWords({ runtime, containerId, state, container, foreign }: Ended): Promise<string> {
  if (state === undefined) return "the container was removed by someone else";
  const first = foreign !== undefined && ranMs(state) < FOREIGN_WITHIN_MS ? `${foreign}\n` : "";
  if (container.terminationMessagePolicy !== "FallbackToLogsOnError") return first + (state.error ?? "");
  const lines: string[] = [];
  try {
    for await (const line of runtime.logs(containerId, { follow: false, tail: LOG_TAIL_LINES })) lines.push(line.text);
  } catch {
    // The engine may be away.
  }
  return first + (lines.length > 0 ? fallbackMessage(lines) : (state.error ?? ""));
}

/** How long it ran, by the runtime's own times. */
function ranMs(state: ContainerState | undefined): number {
  const started = Date.parse(state?.startedAt ?? "");
  const finished = Date.parse(state?.finishedAt ?? "");
  return Number.isNaN(started) || Number.isNaN(finished) ? 0 : Math.max(0, finished - started);
}
