// Finds out how a container ended, and reads its termination message. Read errors make the message shorter or empty.
// Source: kubernetes pkg/kubelet/kuberuntime/kuberuntime_container.go.
import type { Container } from "../../../apis/core/pod-spec.ts";
import type { ContainerRuntime, RuntimeContainer } from "../../runtime/runtime.ts";
import type { ExitFacts } from "../pod/pod-facts.ts";
import { fallbackMessage } from "../pod/pod-status.ts";
import { readTerminationFile } from "./termination-file.ts";

const LOG_TAIL_LINES = 80;
/** 128 + SIGKILL. */
const KILLED = 137;
/** A program for another architecture exits within this time. */
const FOREIGN_WITHIN_MS = 5_000;

export interface EndedContainer {
  readonly runtime: ContainerRuntime;
  readonly containerId: string;
  /** undefined: the container no longer exists. */
  readonly state: RuntimeContainer | undefined;
  readonly container: Container;
  /** Says that the image is for another platform; undefined if the platforms match. */
  readonly foreign: string | undefined;
  /** Whether the exit is for a requested restart. Such an exit is not shown, so its message is not read. */
  readonly isExpected: boolean;
}

/** Resolves with how the container ended. A container that no longer exists counts as killed. */
export async function makeExit(
  ended: EndedContainer,
  at: Pick<ExitFacts, "startedAt" | "finishedAt" | "endedAt">,
): Promise<ExitFacts> {
  const { state, containerId } = ended;
  const exitCode = state?.exitCode ?? KILLED;
  return {
    ...at,
    exitCode,
    reason: state?.oomKilled ? "OOMKilled" : exitCode === 0 ? "Completed" : "Error",
    message: ended.isExpected ? "" : await exitMessage(ended, exitCode),
    containerId,
    ranMs: ranMs(state),
  };
}

/** Returns the message file; if it is empty after a failure, the end of the log if the policy demands that. */
async function exitMessage(
  { runtime, containerId, state, container, foreign }: EndedContainer,
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
    // The message has the lines that were read before the error.
  }
  return first + (lines.length > 0 ? fallbackMessage(lines) : (state.error ?? ""));
}

/** Returns how long the container ran, by the runtime's clock; 0: unknown. */
function ranMs(state: RuntimeContainer | undefined): number {
  const started = Date.parse(state?.startedAt ?? "");
  const finished = Date.parse(state?.finishedAt ?? "");
  return Number.isNaN(started) || Number.isNaN(finished) ? 0 : Math.max(0, finished - started);
}
