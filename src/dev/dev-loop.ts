// Watch mode: a saved file leads to a new look at the whole project, and what differs is deployed. The latest save wins; a broken one changes nothing.
import { keyOf, keyText, type ObjectKey } from "../apis/kinds.ts";
import type { Clock, Time } from "../base/clock.ts";
import type { Client } from "../client/client.ts";
import { hasErrors, type Project } from "../project/project.ts";
import { type Batcher, makeBatcher, saveTimes } from "./batcher.ts";
import type { Deployer } from "./deployer.ts";
import { followCommands } from "./dev-commands.ts";
import type { TellDev } from "./dev-event.ts";
import { watchPaths } from "./watch-paths.ts";

/** A file that is gone may be an editor's way of saving: its objects stay this long. */
const DELETE_GRACE_MS = 2000;

export interface DevLoopParts {
  readonly project: Project;
  /** Reads the project anew. */
  load(): Promise<Project>;
  readonly deployer: Deployer;
  readonly client: Client;
  readonly clock: Clock;
  readonly tell: TellDev;
  /** Folders that were named with -f: a new file in them counts. */
  readonly folders: readonly string[];
}

function pathsOf(project: Project, folders: readonly string[]): readonly string[] {
  const contexts = project.services.flatMap(({ build, start }) => [build?.context, start?.folder]);
  return [...new Set([...project.inputs, ...folders, ...contexts.filter((path) => path !== undefined)])];
}

/** Watches until disposed of. The first deployment is the caller's. */
export async function startDevLoop(parts: DevLoopParts): Promise<AsyncDisposable> {
  const { deployer, client, clock, tell, folders } = parts;
  let current = parts.project;
  let running: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;
  const missing = new Map<string, { readonly key: ObjectKey; readonly since: Time }>();
  const keysOf = (project: Project) =>
    new Map(project.objects.map((object) => [keyText(keyOf(object)), keyOf(object)]));

  /** Deletes objects whose file has been gone for long enough; asks to be called again for the others. */
  const removeGone = async (next: Project, again: () => void): Promise<void> => {
    const kept = keysOf(next);
    for (const [text, key] of keysOf(current))
      if (!kept.has(text) && !missing.has(text)) missing.set(text, { key, since: clock.now() });
    for (const [text, { key, since }] of missing) {
      if (kept.has(text)) missing.delete(text);
      else if (clock.now() - since >= DELETE_GRACE_MS) {
        missing.delete(text);
        await client.delete(key).catch(() => {});
        tell({ type: "removed", object: text });
      }
    }
    if (missing.size > 0) clock.at(clock.now() + DELETE_GRACE_MS, again);
  };

  const pass = async (signal: AbortSignal): Promise<void> => {
    const next = await parts.load();
    if (signal.aborted) return;
    if (hasErrors(next)) {
      tell({ type: "invalid", findings: next.findings.filter(({ severity }) => severity === "error"), project: next });
      return;
    }
    await deployer.deploy(next, signal);
    await removeGone(next, () => batcher.touch());
    current = next;
    await watched.follow(pathsOf(next, folders));
  };

  const run = (): void => {
    const before = running;
    before?.abort.abort();
    const abort = new AbortController();
    const done = (before?.done ?? Promise.resolve())
      .then(() => pass(abort.signal))
      .catch((error: unknown) => {
        // Overtaken by a newer save, or the session is ending.
        if (!abort.signal.aborted)
          tell({ type: "stumbled", message: error instanceof Error ? error.message : String(error) });
      });
    running = { abort, done };
  };

  let paused = false;
  const batcher: Batcher = makeBatcher(clock, saveTimes, run);
  const watched = watchPaths(() => {
    if (!paused) batcher.touch();
  });
  const ended = new AbortController();
  const commands = followCommands(client, ended.signal, {
    rebuild(service) {
      deployer.forget(service);
      batcher.touch();
    },
    pause(wanted) {
      if (paused && !wanted) batcher.touch();
      paused = wanted;
    },
  });
  await watched.follow(pathsOf(current, folders));
  return {
    async [Symbol.asyncDispose]() {
      ended.abort();
      batcher[Symbol.dispose]();
      await watched[Symbol.asyncDispose]();
      running?.abort.abort();
      await Promise.all([running?.done, commands]);
    },
  };
}
