// Kills a running container for a fault. What follows (exit, back-off, restart) is what follows any crash.
import type { NodeParts } from "../node-parts.ts";
import type { WatchedStart } from "../pod/pod-events.ts";
import type { InjectedCrash } from "../pod/pod-facts.ts";

/** Resolves when the signal is sent. Never rejects, because the event stream reports an unreachable engine. */
export async function crashContainer(
  { runtime }: Pick<NodeParts, "runtime">,
  { containerId, report }: Pick<WatchedStart, "containerId" | "report">,
  crash: InjectedCrash,
): Promise<void> {
  report({ type: "crashInjected", crash });
  await runtime.kill(containerId, "SIGKILL").catch(() => {});
}
