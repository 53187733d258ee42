// Syncs the instances of one Service that have the same image: one batch of files after the other.
import { namespacedName } from "../../apis/meta/key.ts";
import { errorText } from "../../base/errors.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import { SerialQueue } from "../../base/serial-queue.ts";
import { within } from "../../base/within.ts";
import type { Kubelet } from "../kubelet/kubelet.ts";
import type { FileChange } from "../kubelet/overlay-port.ts";
import type { PodInstance } from "../kubelet/pod/pod-instance.ts";
import type { SyncCommand, SyncedFile, SyncRequest } from "./file-sync.ts";
import type { Overlay } from "./overlay.ts";
import { withChanges } from "./overlay-plan.ts";
import type { OverlayScope, Overlays } from "./overlays.ts";
import { RollingRestart } from "./rolling-restart.ts";

export interface ScopedSyncParts {
  readonly kubelet: Pick<Kubelet, "instances" | "dropFrozenPods">;
  readonly overlays: Overlays;
}

interface Batch {
  /** By target. */
  readonly files: Map<string, SyncedFile>;
  restart: boolean;
  readonly placed: Promise<Result<number>>;
}

/** A command that runs longer no longer delays the commands of later saves. */
const COMMAND_MS = 5 * 60_000;
/** The length in characters of a command's output in a message. */
const OUTPUT_SHOWN = 200;

export class ScopedSync {
  readonly #parts: ScopedSyncParts;
  readonly #scope: OverlayScope;
  readonly #overlay: Overlay;
  readonly #restarts: RollingRestart;
  readonly #placing = new SerialQueue();
  readonly #commands = new SerialQueue();
  /** The batch that waits while an earlier one is placed. */
  #next: Batch | undefined;

  constructor(parts: ScopedSyncParts, scope: OverlayScope) {
    this.#parts = parts;
    this.#scope = scope;
    this.#overlay = parts.overlays.of(scope);
    this.#restarts = new RollingRestart(() => this.#instances);
  }

  get dirty(): number {
    return this.#overlay.dirty;
  }

  /** Whether the restart of an instance was requested and has not begun. */
  get needsRestart(): boolean {
    return this.#instances.some(({ needsRestart }) => needsRestart);
  }

  /** When the newest process of an instance was started. */
  get lastStart(): number {
    return Math.max(...this.#instances.map(({ startedAt = 0 }) => startedAt));
  }

  /**
   * Resolves with the number of instances that have the files, and requests the restarts that are needed. After a
   * failure, later instances start without the files. Requests that come while an earlier one is placed become one
   * batch.
   */
  place({ files, restart = false }: SyncRequest): Promise<Result<number>> {
    const waiting = this.#next;
    const batch: Batch = waiting ?? {
      files: new Map(),
      restart: false,
      placed: this.#placing.run(() => this.#placeBatch(batch)),
    };
    for (const file of files) {
      // The order of changes decides if one path is below another one.
      batch.files.delete(file.target);
      batch.files.set(file.target, file);
    }
    batch.restart ||= restart;
    this.#next = batch;
    return batch.placed;
  }

  /**
   * Removes the files of earlier requests, because the image was built again and has the present ones. Requests new
   * containers for the instances.
   */
  discard(): Promise<void> {
    // Later requests must not join a batch whose files are removed.
    this.#next = undefined;
    return this.#placing.run(() => {
      if (this.#overlay.entries.size === 0) return;
      this.#parts.overlays.clear(this.#scope);
      this.#dropFrozenPods();
      for (const instance of this.#instances) instance.replace("its image was built again");
    });
  }

  /**
   * Runs the commands in all running instances, after those of earlier requests. Commands that have not begun when the
   * signal aborts are skipped. Resolves with those that failed.
   */
  runCommands(commands: readonly SyncCommand[], signal: AbortSignal): Promise<readonly string[]> {
    return this.#commands.run(async () => {
      const all = await Promise.all(this.#instances.map((instance) => runAll(instance, commands, signal)));
      return all.flat();
    });
  }

  /** Carries out requested restarts, also those of earlier batches. Resolves with what went wrong. */
  async restart(isWanted: boolean): Promise<readonly string[]> {
    return isWanted || this.needsRestart ? this.#restarts.run() : [];
  }

  get #instances(): readonly PodInstance[] {
    const { kubelet, overlays } = this.#parts;
    return kubelet.instances.filter(({ pod }) => overlays.isIn(this.#scope, pod));
  }

  async #placeBatch(batch: Batch): Promise<Result<number>> {
    const { files, restart } = batch;
    if (this.#next === batch) this.#next = undefined;
    const before = this.#overlay.entries;
    const changed = await this.#changeOverlay([...files.values()]);
    if (!changed.ok) return changed;
    if (files.size > 0 || restart) this.#dropFrozenPods();
    const reason = files.size > 0 ? "files were synced" : "sources have changed";
    const placing = this.#instances.map(async (instance): Promise<Result<number>> => {
      try {
        const { state } = await instance.place(changed.value, { isWanted: restart, reason });
        // One that had failed has no container now, and starts again with the files.
        const hasFiles = state === "placed" || instance.needsRestart;
        return ok(hasFiles && !instance.isStopping ? 1 : 0);
      } catch (error) {
        return instance.isStopping ? ok(0) : failed(errorText(error));
      }
    });
    const outcomes = await Promise.all(placing);
    const failure = outcomes.find((outcome) => !outcome.ok);
    const after = this.#overlay.entries;
    if (failure) this.#overlay.set(before);
    this.#overlay.prune(failure ? after : before);
    if (failure) return failure;
    this.#parts.overlays.markAll(this.#scope);
    return ok(outcomes.reduce((sum, outcome) => sum + (outcome.ok ? outcome.value : 0), 0));
  }

  /** Frozen pods have old files, or a process that has read them. */
  #dropFrozenPods(): void {
    const { kubelet, overlays } = this.#parts;
    kubelet.dropFrozenPods((pod) => overlays.isIn(this.#scope, pod));
  }

  /** From then on, new instances get the files. Returns the change for running ones. */
  async #changeOverlay(files: readonly SyncedFile[]): Promise<Result<FileChange>> {
    if (files.length === 0) return ok({ deleted: [], archive: undefined });
    const read = await this.#overlay.read(files);
    if (!read.ok) return read;
    this.#overlay.set(withChanges(this.#overlay.entries, read.value));
    const deleted = [...read.value].flatMap(([target, entry]) => (entry === undefined ? [target] : []));
    return ok({ deleted, archive: this.#overlay.archiveOf(withChanges(new Map(), read.value)) });
  }
}

async function runAll(
  instance: PodInstance,
  commands: readonly SyncCommand[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const failures: string[] = [];
  for (const command of commands) {
    if (signal.aborted) break;
    failures.push(...(await runCommand(instance, command)));
  }
  return failures;
}

async function runCommand(instance: PodInstance, { command, env, ...more }: SyncCommand): Promise<readonly string[]> {
  const what = `command "${command.join(" ")}" in ${namespacedName(instance.pod.metadata)}`;
  try {
    const running = instance.exec(command, { ...more, env: Object.entries(env ?? {}) });
    const result = await within(COMMAND_MS, running, "late");
    if (result === "late") {
      return [`${what} has not ended after ${COMMAND_MS / 60_000} minutes; commands of later saves do not wait for it`];
    }
    if (result === undefined || result.exitCode === 0) return [];
    const output = result.output.trim().slice(0, OUTPUT_SHOWN);
    return [`${what} exits with code ${result.exitCode}${output && `: ${output}`}`];
  } catch (error) {
    return [`${what}: ${errorText(error)}`];
  }
}
