// What sessions that no longer live left on the engine. Another host's knap on the same engine looks the same from here, so nothing is removed.
import { findOrphans } from "../node/kubelet/orphans.ts";
import type { ContainerRuntime } from "../node/runtime/runtime.ts";
import type { DoctorFinding } from "./finding.ts";

export async function checkLeftovers(
  runtime: ContainerRuntime,
  isSessionLive: (session: string) => boolean,
  hostId: string,
): Promise<readonly DoctorFinding[]> {
  const orphans = await findOrphans({ runtime, isSessionLive });
  const bySession = new Map<string, string[]>();
  for (const { session, host, kind } of orphans) {
    const key = `session ${session}${host === hostId ? "" : ` of another host (${host})`}`;
    bySession.set(key, [...(bySession.get(key) ?? []), kind]);
  }
  return [...bySession].map(([session, kinds]): DoctorFinding => {
    const counts = [...new Set(kinds)].map((kind) => `${kinds.filter((each) => each === kind).length} ${kind}(s)`);
    const fix = session.includes("another host")
      ? "if that knap lives no more, `knap down --all` removes them"
      : "the next `knap up` removes them";
    return { check: "session", level: "warning", what: `${session} left ${counts.join(", ")} on the engine`, fix };
  });
}
