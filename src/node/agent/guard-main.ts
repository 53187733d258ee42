// Main program of a session's guard: removes what a killed session left on the engine, and kills its processes.
import { join } from "node:path";
import { sleep } from "../../base/sleep.ts";
import { listLabelled, removeOrphans } from "../kubelet/orphans.ts";
import { openDockerRuntime } from "../runtime/docker/docker-runtime.ts";
import { endRecorded } from "../runtime/process/process-records.ts";
import type { ContainerRuntime } from "../runtime/runtime.ts";

/** A request of the killed session may still create a container, so nothing must be left this many times in a row. */
const CLEAN_ROUNDS = 3;
const MOST_ROUNDS = 60;
const ROUND_MS = 500;

async function main([session = "", folder = ""]: readonly string[]): Promise<void> {
  await endRecorded(join(folder, "processes"));
  const runtime = await openDockerRuntime();
  let cleanRounds = 0;
  for (let round = 0; round < MOST_ROUNDS && cleanRounds < CLEAN_ROUNDS; round++) {
    if (round > 0) await sleep(ROUND_MS);
    const left = await removeAll(runtime, session).catch(() => 1);
    cleanRounds = left === 0 ? cleanRounds + 1 : 0;
  }
  await runtime.close();
}

/** Returns how many resources the session had left. */
async function removeAll(runtime: ContainerRuntime, session: string): Promise<number> {
  const found = await listLabelled({ runtime, hostId: "", isSessionLive: () => false });
  const own = found.filter((resource) => resource.session === session);
  await removeOrphans(runtime, own);
  return own.length;
}

// Without an engine there is nothing to remove. After any other error, the next start of knap removes the rest.
main(process.argv.slice(2)).catch(() => process.exit(1));
