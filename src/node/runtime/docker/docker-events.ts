// Reads the engine's event stream, and opens it again after an outage of the engine.
import type { Readable } from "node:stream";
import type Docker from "dockerode";
import { sleep } from "../../../base/sleep.ts";
import type { RuntimeEvent } from "../runtime.ts";
import { readJsonLines } from "./json-lines.ts";

interface EngineEvent {
  readonly Type?: string;
  readonly Action?: string;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Readonly<Record<string, string>> };
}

const ACTIONS: Readonly<Record<string, RuntimeEvent["type"]>> = {
  die: "die",
  oom: "oom",
  start: "start",
  destroy: "destroy",
  health_status: "health",
  disconnect: "disconnect",
};
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 2_000;

/**
 * Yields container events until aborted. Yields `unreachable` when the engine stops answering, and `reachable` when it
 * answers again. Events during an outage are lost, so the caller must inspect all containers after `reachable`.
 */
export async function* dockerEvents(docker: Docker, signal: AbortSignal): AsyncGenerator<RuntimeEvent> {
  let isReachable = true;
  let waitMs = FIRST_RETRY_MS;
  while (!signal.aborted) {
    try {
      const stream = await docker.getEvents({
        filters: { type: ["container", "network"], event: Object.keys(ACTIONS) },
        abortSignal: signal,
      } as Docker.GetEventsOptions);
      if (!isReachable) yield engineEvent("reachable");
      isReachable = true;
      waitMs = FIRST_RETRY_MS;
      for await (const event of readJsonLines<EngineEvent>(stream as Readable)) {
        const known = containerEvent(event);
        if (known) yield known;
      }
    } catch {
      // Any error means an outage: the loop retries until the engine answers.
    }
    if (signal.aborted) return;
    if (isReachable) yield engineEvent("unreachable");
    isReachable = false;
    await sleep(waitMs, signal);
    waitMs = Math.min(waitMs * 2, LONGEST_RETRY_MS);
  }
}

function engineEvent(type: "reachable" | "unreachable"): RuntimeEvent {
  return { type, containerId: "", labels: {} };
}

function containerEvent(event: EngineEvent): RuntimeEvent | undefined {
  // Some actions have more text after a colon, for example `exec_create: sh -c …`.
  const type = ACTIONS[(event.Action ?? "").split(":")[0] as string];
  const attributes = event.Actor?.Attributes ?? {};
  if (event.Type === "network" && type === "disconnect") {
    return { type, containerId: attributes["container"] ?? "", labels: {} };
  }
  if (event.Type !== "container" || type === undefined) return undefined;
  const exitCode = attributes["exitCode"];
  return {
    type,
    containerId: event.Actor?.ID ?? "",
    labels: attributes,
    exitCode: exitCode === undefined ? undefined : Number(exitCode),
  };
}
