// Why a container ended, in its own words: the termination message. Reads its file and its log; a message is worth no failure, so none is reported.
// Source: kubernetes pkg/kubelet/kuberuntime/kuberuntime_container.go.
import type { Container } from "../../../apis/core/pod-spec.ts";
import type { ContainerRuntime, ContainerState } from "../../runtime/runtime.ts";
import type { ExitFacts } from "../pod/pod-facts.ts";
import { fallbackMessage } from "../pod/pod-status.ts";
import { readTerminationFile } from "./termination-file.ts";

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
    message: await lastWords(ended, exitCode),
    containerId,
    ranMs: ranMs(state),
  };
}

/** What it wrote for this; after a failure else the end of the log where the policy says so; for a foreign image also that it is one. */
async function lastWords(
  { runtime, containerId, state, container, foreign }: Ended,
  exitCode: number,
): Promise<string> {
  if (state === undefined) return "the container was removed by someone else";
  const written = await readTerminationFile(runtime, containerId, container);
  if (exitCode === 0) return written;
  const first = foreign !== undefined && ranMs(state) < FOREIGN_WITHIN_MS ? `${foreign}\n` : "";
  if (written !== "") return first + written;
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
