// Waiting for a time, by the machine's timers.
import { setTimeout as wait } from "node:timers/promises";

/** Resolves after `ms`, or as soon as the signal is aborted; it never rejects. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  await wait(ms, undefined, signal ? { signal } : {}).catch(() => {});
}
