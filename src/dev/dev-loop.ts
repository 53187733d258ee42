// Watch mode: syncs changed files of a Service, or loads the whole project and deploys it. A newer change cancels what
// is under way. A project with errors changes nothing.
import { setMaxListeners } from "node:events";
import { join } from "node:path";
import { keyOf, keyText, namespacedName } from "../apis/meta/key.ts";
import type { Service } from "../apis/serving/types.ts";
import type { Clock } from "../base/clock.ts";
import { errorText } from "../base/errors.ts";
import type { Client } from "../client/client.ts";
import type { ProjectFinding } from "../manifest/diagnostic.ts";
import { hasErrors, type Project } from "../project/project.ts";
import type { ProjectFile } from "../project/project-file.ts";
import { type Batcher, makeBatcher } from "./batcher.ts";
import type { ChangeFilter } from "./change-filter.ts";
import { changedConfigs } from "./config-use.ts";
import type { Deployer } from "./deployer.ts";
import { followServices, makeCommandReader } from "./dev-commands.ts";
import type { EmitDevEvent } from "./dev-event.ts";
import { InstanceRestarts } from "./instance-restarts.ts";
import { DELETE_GRACE_MS, GoneObjects, hasSettled, retireRevisions } from "./retire-revisions.ts";
import { type WatchedPaths, watchPaths } from "./watch-paths.ts";

export interface DevLoopParts {
  readonly project: Project;
  /** The first deployment. It runs once the files are watched, and no later change cancels it. */
  deployFirst(): Promise<void>;
  /** Loads the project again. */
  load(): Promise<Project>;
  readonly deployer: Deployer;
  readonly client: Client;
  readonly clock: Clock;
  readonly emit: EmitDevEvent;
  /** Keep old revisions after a rebuild. */
  readonly keepOld: boolean;
}

/** Settings that every load applies. The others take effect only at the start of a session. */
const RELOADED_SETTINGS: ReadonlySet<string> = new Set([
  "files",
  "config",
  "secrets",
  "services",
  "namespace",
  "traffic",
]);

/** Names of changed settings that take effect only at the start of a session. */
export function changedSettings(before: ProjectFile, after: ProjectFile): readonly string[] {
  const [was, is]: readonly Readonly<Record<string, unknown>>[] = [before, after];
  const names = new Set([...Object.keys(was ?? {}), ...Object.keys(is ?? {})]);
  return [...names].filter(
    (name) => !RELOADED_SETTINGS.has(name) && JSON.stringify(was?.[name]) !== JSON.stringify(is?.[name]),
  );
}

/** Changed files that are not yet deployed. */
interface Pending {
  readonly paths: ReadonlySet<string>;
  /** Something else than the files of a Service changed, so the project is loaded again. */
  readonly isWhole: boolean;
  /** ms since the epoch: when the first change was noticed. */
  readonly since: number;
}

const NOTHING: Pending = { paths: new Set(), isWhole: false, since: Number.POSITIVE_INFINITY };

const joined = (one: Pending, other: Pending): Pending => ({
  paths: new Set([...one.paths, ...other.paths]),
  isWhole: one.isWhole || other.isWhole,
  since: Math.min(one.since, other.since),
});

/** Watches and deploys until disposed of. */
export class DevLoop implements AsyncDisposable {
  readonly #parts: DevLoopParts;
  readonly #gone: GoneObjects;
  readonly #batcher: Batcher;
  readonly #watched: WatchedPaths;
  readonly #ended = new AbortController();
  readonly #restarts: InstanceRestarts;
  /** The project of the last complete deployment. */
  #deployed: Project;
  #invalid = false;
  #following: Promise<void> = Promise.resolve();
  #running: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;
  #paused = false;
  #classify: ChangeFilter = () => "project";
  #retry: Disposable | undefined;
  /** When the first change of the next batch was noticed. */
  #touchedAt: number | undefined;
  /** Changes that no complete run has handled. */
  #pending: Pending = NOTHING;
  readonly #shownPlans = new Map<string, string>();

  private constructor(parts: DevLoopParts) {
    this.#parts = parts;
    this.#deployed = parts.project;
    this.#restarts = new InstanceRestarts({ ...parts, signal: this.#ended.signal });
    this.#gone = new GoneObjects(parts.project);
    this.#batcher = makeBatcher(parts.clock, (paths, isWhole) => {
      this.#pending = joined(this.#pending, { paths, isWhole, since: this.#touchedAt ?? Date.now() });
      this.#touchedAt = undefined;
      this.#run();
    });
    this.#watched = watchPaths(
      (path) => {
        const kind = this.#paused ? undefined : this.#classify(path);
        if (kind === undefined) return;
        this.#touchedAt ??= Date.now();
        this.#batcher.touch(kind === "files" ? path : undefined);
      },
      (setting) => parts.emit({ type: "watch-limit", setting }),
    );
  }

  /** Resolves after the first deployment; rejects if it does. Changes that are saved meanwhile are deployed next. */
  static async start(parts: DevLoopParts): Promise<DevLoop> {
    const loop = new DevLoop(parts);
    try {
      await loop.#follow(parts.project);
      const first = parts.deployFirst();
      loop.#running = { abort: new AbortController(), done: first.catch(() => {}) };
      await first;
    } catch (error) {
      await loop[Symbol.asyncDispose]();
      throw error;
    }
    loop.#reportUnwatched();
    loop.#reportPlans(parts.project);
    loop.#following = followServices(parts.client, loop.#ended.signal, loop.#serviceHandler());
    return loop;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    this.#batcher[Symbol.dispose]();
    this.#retry?.[Symbol.dispose]();
    await this.#watched[Symbol.asyncDispose]();
    this.#running?.abort.abort();
    await Promise.all([this.#running?.done, this.#following]);
    await this.#restarts.settled;
  }

  /** Handles commands in the annotations of Services, and Services whose rebuild has become ready. */
  #serviceHandler(): (service: Service, deleted: boolean) => void {
    const { deployer, client, keepOld } = this.#parts;
    const read = makeCommandReader({
      rebuild: (key) => {
        deployer.forget(key);
        this.#batcher.touch();
      },
      pause: (paused) => {
        if (this.#paused && !paused) this.#batcher.touch();
        this.#paused = paused;
      },
    });
    return (service, deleted) => {
      read(service, deleted);
      const key = namespacedName(keyOf(service));
      if (keepOld || deleted || !hasSettled(service) || !deployer.changed.delete(key)) return;
      retireRevisions(client, service).catch((error: unknown) => this.#reportFailure(error));
    };
  }

  /** Aborts a running deployment, and starts the next one once it has stopped. */
  #run(): void {
    const before = this.#running;
    before?.abort.abort();
    const abort = new AbortController();
    // Every build adds a listener.
    setMaxListeners(0, abort.signal);
    const done = (before?.done ?? Promise.resolve())
      .then(() => this.#handlePending(abort.signal))
      .catch((error: unknown) => {
        // Aborted by a newer change or by the end of the session.
        if (!abort.signal.aborted) this.#reportFailure(error);
      });
    this.#running = { abort, done };
  }

  async #handlePending(signal: AbortSignal): Promise<void> {
    const changes = this.#pending;
    this.#pending = NOTHING;
    try {
      const isDone = !changes.isWhole && (await this.#sync(changes, signal));
      if (!isDone) await this.#reload(signal);
      signal.throwIfAborted();
    } catch (error) {
      // The next run handles these changes too.
      this.#pending = joined(changes, this.#pending);
      throw error;
    }
  }

  /** Resolves with false if the project has to be deployed. */
  async #sync({ paths, since }: Pending, signal: AbortSignal): Promise<boolean> {
    if (this.#invalid) return false;
    const isDone = await this.#parts.deployer.syncChanges(this.#deployed, [...paths], { since, signal });
    if (isDone) this.#retryBlocked();
    return isDone;
  }

  async #reload(signal: AbortSignal): Promise<void> {
    const { load, deployer, emit } = this.#parts;
    const next = await load();
    if (signal.aborted) return;
    // Files of a project with errors are followed too: saving them may correct it.
    await this.#follow(next);
    if (hasErrors(next)) {
      this.#invalid = true;
      emit({ type: "invalid", findings: next.findings.filter(({ severity }) => severity === "error"), project: next });
      return;
    }
    if (this.#invalid) emit({ type: "valid" });
    this.#invalid = false;
    this.#reportWarnings(next);
    this.#reportPlans(next);
    const settings = changedSettings(this.#deployed.settings, next.settings);
    if (settings.length > 0) emit({ type: "needs-start", settings });
    await deployer.deploy(next, signal);
    await this.#restarts.restartFor(changedConfigs(this.#deployed.objects, next.objects));
    this.#deployed = next;
    await this.#removeGone(next);
    this.#retryBlocked();
  }

  async #follow(project: Project): Promise<void> {
    const { deployer } = this.#parts;
    this.#classify = deployer.changeFilter(project);
    const sources = project.services.flatMap((service) => deployer.watchedPaths(service, project));
    // knap.yaml is watched even if it does not exist yet.
    const settings = join(project.folder, "knap.yaml");
    await this.#watched.follow([...new Set([settings, ...project.inputs, ...project.manifestFolders, ...sources])]);
  }

  #reportWarnings(project: Project): void {
    const textOf = ({ file, message }: ProjectFinding): string => `${file} ${message}`;
    const known = new Set(this.#deployed.findings.map(textOf));
    const fresh = project.findings.filter((each) => each.severity === "warning" && !known.has(textOf(each)));
    if (fresh.length > 0) this.#parts.emit({ type: "warned", findings: fresh, project });
  }

  /** Reports how knap treats changed files where no setting says it. Each text is reported once. */
  #reportPlans({ services }: Project): void {
    const { deployer, emit } = this.#parts;
    if (!deployer.canSync) return;
    for (const { key, develop, build, start } of services) {
      if (develop === undefined) continue;
      const isShown = deployer.isBuilding ? develop.isInferred : develop.reloader !== undefined && start !== undefined;
      const text = JSON.stringify(develop);
      if (!isShown || this.#shownPlans.get(key) === text) continue;
      this.#shownPlans.set(key, text);
      emit({
        type: "watching",
        service: key,
        plan: develop,
        folder: build?.context ?? "",
        isBuilt: deployer.isBuilding,
      });
    }
  }

  /** Reports processes whose sources are unknown: their command is in the manifest, and runs in another folder. */
  #reportUnwatched(): void {
    const { project, deployer, emit } = this.#parts;
    if (deployer.isBuilding) return;
    for (const service of project.services) {
      if (!deployer.isWatched(service, project)) emit({ type: "unwatched", service: service.key });
    }
  }

  #retryBlocked(): void {
    const { clock, deployer } = this.#parts;
    this.#retry?.[Symbol.dispose]();
    this.#retry = deployer.retryAt === undefined ? undefined : clock.at(deployer.retryAt, () => this.#batcher.touch());
  }

  async #removeGone(next: Project): Promise<void> {
    const { client, clock, emit } = this.#parts;
    const { due, waiting } = this.#gone.compare(next, clock.now());
    for (const key of due) {
      await client.delete(key);
      emit({ type: "removed", object: keyText(key) });
    }
    if (waiting) clock.at(clock.now() + DELETE_GRACE_MS, () => this.#batcher.touch());
  }

  #reportFailure(error: unknown): void {
    this.#parts.emit({ type: "deploy-failed", message: errorText(error) });
  }
}
