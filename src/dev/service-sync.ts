// Brings changed files into the instances of a Service, and reports the outcome.
import { lstat } from "node:fs/promises";
import { SerialQueue } from "../base/serial-queue.ts";
import type { Client } from "../client/client.ts";
import type { SyncFiles, SyncTimes } from "../node/agent/file-sync.ts";
import type { ChangePlan } from "./change-planner.ts";
import type { EmitDevEvent, SaveTimes } from "./dev-event.ts";
import { recordSync } from "./sync-event.ts";

export interface SyncParts {
  readonly client: Client;
  /** Absent: every change is a new revision. */
  readonly syncFiles?: SyncFiles | undefined;
  readonly emit: EmitDevEvent;
}

export interface ServiceChange {
  /** `namespace/name` */
  readonly service: string;
  readonly plan: Extract<ChangePlan, { action: "sync" }>;
  /** The names of the changed files, to show. */
  readonly names: readonly string[];
  /** ms since the epoch: when the first change was noticed. */
  readonly since: number;
  readonly signal: AbortSignal;
}

/** A file that was written longer ago was moved, so that its time says nothing about the save. */
const MAX_AGE_MS = 5000;

export class ServiceSync {
  readonly #parts: SyncParts;
  /** Service → refusals that were reported. */
  readonly #reported = new Map<string, Set<string>>();
  /** Records of one Service must not overtake each other. */
  readonly #records = new SerialQueue();

  constructor(parts: SyncParts) {
    this.#parts = parts;
  }

  get isPossible(): boolean {
    return this.#parts.syncFiles !== undefined;
  }

  /** Resolves when all queued records are written. */
  get settled(): Promise<void> {
    return this.#records.settled;
  }

  /** Resolves with the reason of a refusal; undefined if the instances have the files. Rejects if it is aborted. */
  async sync({ service, plan, names, since, signal }: ServiceChange): Promise<string | undefined> {
    const { syncFiles, emit } = this.#parts;
    if (syncFiles === undefined) return "files cannot be synced in this session";
    const noticedMs = await ageOf(
      plan.files.map(({ source }) => source),
      since,
    );
    const { files, restart, commands, notice } = plan;
    const outcome = await syncFiles({ service, files, restart, commands, signal });
    if (!outcome.ok) return outcome.message;
    this.#reported.delete(service);
    const { instances, dirty, isHeld, problems } = outcome;
    const times = timesSince(noticedMs, outcome.times);
    const synced = { type: "synced", service, files: names, copied: files.length, instances, dirty, times } as const;
    const notices = notice === undefined ? [] : [notice];
    if (isHeld) notices.push("the restart waits until the debugger detaches");
    const isDone = !isHeld || files.length > 0;
    if (isDone) emit(synced);
    for (const message of [...problems, ...notices]) emit({ type: "sync-problem", service, message });
    if (!isDone) return undefined;
    this.#records.run(() => recordSync(this.#parts.client, synced)).catch(() => {});
    return undefined;
  }

  /** Reports a refusal once, until a sync succeeds. */
  reportRefusal(service: string, message: string, isRebuilt: boolean): void {
    const reported = this.#reported.get(service) ?? new Set();
    if (reported.has(message)) return;
    this.#reported.set(service, reported.add(message));
    this.#parts.emit({ type: "sync-refused", service, message, isRebuilt });
  }
}

function timesSince(noticedMs: number, { archivedMs, restartedMs, servedMs }: SyncTimes): SaveTimes {
  return {
    noticedMs,
    archivedMs: noticedMs + archivedMs,
    ...(restartedMs !== undefined && { restartedMs: noticedMs + restartedMs }),
    ...(servedMs !== undefined && { servedMs: noticedMs + servedMs }),
  };
}

/** Resolves with the time since the newest file was written. */
async function ageOf(paths: readonly (string | undefined)[], since: number): Promise<number> {
  const written = await Promise.all(paths.map((path) => path && lstat(path).catch(() => undefined)));
  const newest = Math.max(0, ...written.map((stats) => (stats ? stats.mtimeMs : 0)));
  const age = Date.now() - newest;
  return Math.round(age >= 0 && age <= MAX_AGE_MS ? age : Math.max(0, Date.now() - since));
}
