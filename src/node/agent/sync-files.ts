// Carries out requests of watch mode: brings changed files into the instances of a Service, runs commands, restarts.
import { servingContainer } from "../../apis/core/pod.ts";
import { parseNamespacedName } from "../../apis/meta/key.ts";
import type { Clock } from "../../base/clock.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import type { ObjectStore } from "../../control-plane/store/object-store.ts";
import type { ContainerRuntime } from "../runtime/runtime.ts";
import type { SyncFiles, SyncRequest } from "./file-sync.ts";
import type { OverlayScope } from "./overlays.ts";
import { ScopedSync, type ScopedSyncParts } from "./scoped-sync.ts";
import { syncRefusal } from "./sync-target-spec.ts";

export interface FileSyncParts extends ScopedSyncParts {
  readonly store: ObjectStore;
  readonly runtime: Pick<ContainerRuntime, "capabilities">;
  readonly clock: Pick<Clock, "now">;
  /** Returns true if a debugger is attached to an instance of the Service: its restarts follow when it leaves. */
  readonly holdRestarts: (service: string, sync: Pick<ScopedSync, "restart">) => boolean;
}

export interface FileSync {
  readonly syncFiles: SyncFiles;
  /**
   * Removes the files that were synced to an image, because a build of the present sources has given it again. Resolves
   * when the restarts of running instances are done or have failed, or at once while a debugger holds them.
   */
  readonly discard: (scope: OverlayScope) => Promise<void>;
}

export function makeFileSync(parts: FileSyncParts): FileSync {
  const { clock, overlays } = parts;
  const syncs = new WeakMap<object, ScopedSync>();
  const syncOf = (scope: OverlayScope): ScopedSync => {
    const overlay = overlays.of(scope);
    const sync = syncs.get(overlay) ?? new ScopedSync(parts, scope);
    syncs.set(overlay, sync);
    return sync;
  };
  const syncFiles: SyncFiles = async (request) => {
    const { signal, commands = [], restart = false } = request;
    signal.throwIfAborted();
    const began = clock.now();
    const scope = scopeOf(parts, request);
    if (!scope.ok) return { ok: false, message: scope.error };
    const sync = syncOf(scope.value);
    // The files are placed also after an abort, because the newer request has only its own.
    const placed = await sync.place(request);
    if (!placed.ok) return { ok: false, message: placed.error };
    const archived = clock.now();
    const failures = await abortable(sync.runCommands(commands, signal), signal);
    signal.throwIfAborted();
    // Without a wait, because the request may be one of a deployment with other Services.
    const isHeld = (restart || sync.needsRestart) && parts.holdRestarts(request.service, sync);
    const unserved = isHeld ? [] : await abortable(sync.restart(restart), signal);
    const { lastStart } = sync;
    const times = {
      archivedMs: archived - began,
      ...(lastStart >= began && { restartedMs: lastStart - began }),
      ...(unserved.length === 0 && { servedMs: clock.now() - began }),
    };
    const problems = [...failures, ...unserved];
    return { ok: true, instances: placed.value, dirty: sync.dirty, times, isHeld, problems };
  };
  const discard = async (scope: OverlayScope): Promise<void> => {
    if (!overlays.has(scope)) return;
    const sync = syncOf(scope);
    await sync.discard();
    if (!sync.needsRestart || parts.holdRestarts(scope.service, sync)) return;
    await sync.restart(false);
  };
  return { syncFiles, discard };
}

/** Returns the instances that the request means; fails if they cannot get its files. */
function scopeOf(
  { store, runtime }: Pick<FileSyncParts, "store" | "runtime">,
  { service, files }: SyncRequest,
): Result<OverlayScope> {
  const { namespace, name } = parseNamespacedName(service);
  const spec = store.get("Service.serving.knative.dev", namespace, name)?.spec.template?.spec;
  const container = servingContainer(spec?.containers ?? []);
  if (!spec || !container) return failed(`there is no Service ${service}`);
  if (files.length > 0 && !runtime.capabilities.archives) return failed("processes have no files of their own");
  for (const { target } of files) {
    const refused = syncRefusal(target, container, spec.volumes);
    if (refused !== undefined) return failed(refused);
  }
  return ok({ service, image: container.image ?? "" });
}

/** Rejects with the reason of the signal as soon as it is aborted. The work continues. */
async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const listening = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true, signal: listening.signal });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    listening.abort();
  }
}
