// Deploys a project into a session: builds images, makes new revisions or syncs changed files, applies the objects.
import { keyOf, keyText } from "../apis/meta/key.ts";
import type { Service } from "../apis/serving/types.ts";
import type { Clock, Time } from "../base/clock.ts";
import { sha256Hex } from "../base/hash.ts";
import type { BuildServiceImage } from "../node/agent/image-builder.ts";
import type { Project, ProjectService } from "../project/project.ts";
import { type Applied, applyObjects } from "./apply-objects.ts";
import { ChangeBrake, type ChangeEffect, changedFiles, type FileHashes } from "./change-brake.ts";
import { type ChangeFilter, makeChangeFilter } from "./change-filter.ts";
import type { ChangePlan } from "./change-planner.ts";
import { changedEvent } from "./changed-event.ts";
import { type DeployedState, type PendingSync, type Preparation, withDeployed } from "./deployed-state.ts";
import type { IsOwnFile } from "./own-files.ts";
import { RepeatedObjects, untilReconciled } from "./repeated-objects.ts";
import { ServiceBuilds } from "./service-builds.ts";
import { ServiceFiles } from "./service-files.ts";
import { ServiceSync, type SyncParts } from "./service-sync.ts";

export interface DeployerParts extends SyncParts {
  /** Absent: Services run as processes. */
  readonly buildImage?: BuildServiceImage | undefined;
  /** Service → start command. The deployer writes it and the process runtime reads it. */
  readonly commands: Map<string, NonNullable<ProjectService["start"]>>;
  /** Real time. */
  readonly clock: Clock;
  readonly isOwnFile: IsOwnFile;
  /** The working folder of processes whose command is in the manifest. */
  readonly cwd: string;
}

const REBUILD: ChangePlan = { action: "rebuild" };

/** Remembers the deployed files of each Service of a session. */
export class Deployer implements AsyncDisposable {
  /** The time to retry changes that a {@link ChangeBrake} blocks for a limited time; undefined if there are none. */
  retryAt: Time | undefined;
  /**
   * Services with changed sources or a requested rebuild. Without `keepOld`, the dev loop removes a Service from this
   * set when its newest revision is ready.
   */
  readonly changed = new Set<string>();
  readonly #parts: DeployerParts;
  readonly #sync: ServiceSync;
  readonly #files = new WeakMap<ProjectService, ServiceFiles>();
  readonly #states = new Map<string, DeployedState>();
  /** Services whose last build failed: any change of their files retries it. */
  readonly #unbuilt = new Set<string>();
  readonly #brakes = new Map<string, ChangeBrake>();
  readonly #builds: ServiceBuilds | undefined;
  readonly #repeated = new RepeatedObjects();
  /** The inputs of all projects so far: a manifest that is not applied any more does not become a source. */
  readonly #inputs = new Set<string>();

  constructor(parts: DeployerParts) {
    this.#parts = parts;
    this.#sync = new ServiceSync(parts);
    this.#builds = parts.buildImage && new ServiceBuilds(parts.buildImage, parts.emit);
  }

  /** Resolves to the applied and refused objects, without Services whose build failed. */
  async deploy(project: Project, signal: AbortSignal): Promise<readonly Applied[]> {
    const { client, emit } = this.#parts;
    const since = Date.now();
    this.retryAt = undefined;
    const all = await Promise.all(project.services.map((service) => this.#prepare(service, project, signal)));
    signal.throwIfAborted();
    const prepared = new Map(project.services.map(({ object }, index) => [keyText(keyOf(object)), all[index]]));
    const objects = this.#repeated.due(project.objects).flatMap((object) => {
      const key = keyText(keyOf(object));
      if (!prepared.has(key)) return [object];
      return prepared.get(key)?.write(object as Service) ?? [];
    });
    const applied = await applyObjects(client, objects, signal, (each) => emit({ type: "applied", applied: each }));
    this.#repeated.markApplied();
    const pending = all.filter((each) => each !== undefined);
    const refused = await Promise.all(pending.map((each) => this.#syncPrepared(each, since, signal)));
    signal.throwIfAborted();
    return refused.includes(true) ? this.deploy(project, signal) : applied;
  }

  /**
   * Syncs changed files of the last deployed project. Resolves with false if a change needs a deployment, which the
   * caller does then. `since`: ms since the epoch when the first change was noticed.
   */
  async syncChanges(
    project: Project,
    paths: readonly string[],
    { since, signal }: { readonly since: number; readonly signal: AbortSignal },
  ): Promise<boolean> {
    if (!this.#sync.isPossible) return false;
    const due: (() => Promise<boolean>)[] = [];
    let needsDeployment = false;
    for (const service of project.services) {
      const files = this.#filesOf(service, project);
      const state = this.#states.get(service.key);
      const changed = paths.filter((path) => files?.covers(path));
      if (files === undefined || changed.length === 0) continue;
      const isKnown = state !== undefined && state.hash !== "" && !this.#unbuilt.has(service.key);
      const { next, plan } = isKnown
        ? this.#planOf(service, files, await files.readChanged(state.seen, changed))
        : { next: new Map(), plan: REBUILD };
      if (plan.action === "sync") due.push(() => this.#syncFiles(service.key, { plan, next, since }, signal));
      else if (plan.action === "rebuild") needsDeployment = true;
      else if (isKnown) this.#setSeen(service.key, next);
    }
    // A Service that is synced does not wait for the build of another one.
    const refused = await Promise.all(due.map((start) => start()));
    return !needsDeployment && !refused.includes(true);
  }

  /** Whether changed sources make a new image, not only a new start of a process. */
  get isBuilding(): boolean {
    return this.#parts.buildImage !== undefined;
  }

  /** Whether changed files can be synced, and processes restarted. Otherwise every change is a new revision. */
  get canSync(): boolean {
    return this.#sync.isPossible;
  }

  /** Returns true if watch mode reacts to changed files of the Service. */
  isWatched(service: ProjectService, project: Project): boolean {
    return this.#filesOf(service, project) !== undefined;
  }

  /** Returns the files and folders of a Service to watch. */
  watchedPaths(service: ProjectService, project: Project): readonly string[] {
    const dockerfile = service.build?.dockerfile;
    // A Dockerfile may be outside of its build context.
    return [...(this.#filesOf(service, project)?.roots ?? []), ...(dockerfile === undefined ? [] : [dockerfile])];
  }

  /** Returns the filter of changed paths for watch mode. */
  changeFilter(project: Project): ChangeFilter {
    const files = project.services.flatMap((service) => this.#filesOf(service, project) ?? []);
    return makeChangeFilter({ project, files, isOwnFile: this.#parts.isOwnFile });
  }

  /** Cancels running builds. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#builds?.[Symbol.asyncDispose]();
    await this.#sync.settled;
  }

  /** Makes the next deployment build or start the Service anew although no file changed. */
  forget(service: string): void {
    const state = this.#states.get(service);
    this.#brakes.get(service)?.release();
    if (state !== undefined) this.#states.set(service, { ...state, hash: "", forced: state.forced + 1 });
  }

  /** Resolves with what to do with the Service; undefined if its build failed. */
  async #prepare(service: ProjectService, project: Project, signal: AbortSignal): Promise<Preparation | undefined> {
    const files = this.#filesOf(service, project);
    if (files === undefined) return { service, write: (document) => document };
    const current = await files.readAll();
    const before = this.#states.get(service.key);
    const { next, plan } = this.#planOf(service, files, current);
    if (plan.action === "rebuild") {
      this.#unbuilt.add(service.key);
      if (!(await this.#makeRevision(service, files, next, signal))) return undefined;
      this.#unbuilt.delete(service.key);
      if (before !== undefined) {
        this.#brakeOf(service.key).deployed(this.#parts.clock.now());
        this.changed.add(service.key);
        const after = this.#states.get(service.key) ?? before;
        this.#parts.emit(changedEvent(service, { before, after, reason: plan.reason }));
      }
    } else if (plan.action === "none") this.#setSeen(service.key, next);
    const state = this.#states.get(service.key);
    const isDeployed = state !== undefined && (!this.isBuilding || state.image !== undefined);
    const write = (document: Service): Service => (isDeployed ? withDeployed(document, state) : document);
    const missing = state && files.plan(state.seen, next, state.built);
    return {
      service,
      write,
      ...(missing?.action === "sync" && { sync: { plan: missing, next, isNew: plan.action === "rebuild" } }),
    };
  }

  /** Returns the files to deploy and what they need. */
  #planOf(service: ProjectService, files: ServiceFiles, current: FileHashes): { next: FileHashes; plan: ChangePlan } {
    const state = this.#states.get(service.key);
    if (state === undefined || state.hash === "") return { next: current, plan: REBUILD };
    const wanted = files.plan(state.seen, current, state.built);
    if (wanted.action === "none" && state.refusal === undefined) return { next: current, plan: wanted };
    const effect = wanted.action === "rebuild" ? "revision" : this.isBuilding ? "sync" : "restart";
    const next = this.#unblocked(service.key, state.seen, current, effect);
    if (state.refusal !== undefined) return { next, plan: { action: "rebuild", reason: state.refusal } };
    const plan = files.plan(state.seen, next, state.built);
    if (plan.action !== "sync" || this.#sync.isPossible) return { next, plan };
    return { next, plan: { action: this.isBuilding && service.build === undefined ? "none" : "rebuild" } };
  }

  /** Resolves with true once the state is that of a new revision; with false if the build failed. */
  async #makeRevision(
    service: ProjectService,
    files: ServiceFiles,
    next: FileHashes,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { key, start, build } = service;
    const before = this.#states.get(key);
    const hash = sha256Hex(JSON.stringify([...files.buildFiles(next)].sort())).slice(0, 12);
    const { first = next, firstHash = hash, forced = 0 } = before ?? {};
    const state = {
      first,
      built: next,
      // A process reads the files itself.
      seen: this.#sync.isPossible && this.isBuilding ? files.imageFiles(next, first) : next,
      firstHash,
      hash,
    };
    if (this.#builds === undefined || build === undefined) {
      if (start !== undefined && this.#builds === undefined) this.#parts.commands.set(key, start);
      this.#states.set(key, { ...state, forced });
      return true;
    }
    // After a refusal, the build also takes away files that were synced before.
    const isSame = before?.image !== undefined && before.hash === hash && before.refusal === undefined;
    const image = isSame
      ? before.image
      : await this.#builds.build({ service, hash, isFirst: before?.image === undefined, signal });
    if (image === undefined) return false;
    // A requested rebuild that gives the same image makes no new revision.
    const isUnchanged = before?.hash === "" && before.image === image;
    this.#states.set(key, { ...state, image, forced: isUnchanged ? forced - 1 : forced });
    return true;
  }

  /** Syncs what a deployment left to sync. Resolves with true if that was refused and the Service needs a rebuild. */
  async #syncPrepared({ service, sync }: Preparation, since: number, signal: AbortSignal): Promise<boolean> {
    if (sync === undefined || !this.#sync.isPossible) return false;
    // The newest revision gets the files.
    await untilReconciled(this.#parts.client, service.object, signal);
    return this.#syncFiles(service.key, { ...sync, since }, signal);
  }

  /** Resolves with true if the sync was refused and the Service needs a rebuild. */
  async #syncFiles(
    service: string,
    { plan, next, since, isNew = false }: PendingSync & { readonly since: number },
    signal: AbortSignal,
  ): Promise<boolean> {
    const before = this.#states.get(service);
    if (before === undefined) return false;
    const names = changedFiles(before.seen, next);
    // After an abort, the instances may have old or new files, so a later sync must bring or delete them again.
    const inDoubt = new Map([...before.seen, ...names.map((name) => [name, ""] as const)]);
    this.#states.set(service, { ...before, seen: inDoubt });
    const refusal = await this.#sync.sync({ service, plan, names, since, signal });
    const canRebuild = !isNew && (this.#builds === undefined || before.image !== undefined);
    if (refusal !== undefined) this.#sync.reportRefusal(service, refusal, canRebuild);
    const isDue = refusal !== undefined && canRebuild;
    this.#setSeen(service, isDue ? before.seen : next, isDue ? refusal : before.refusal);
    this.#brakeOf(service).deployed(this.#parts.clock.now());
    return isDue;
  }

  /** Keeps the rest of the state, which a requested rebuild may have changed meanwhile. */
  #setSeen(service: string, seen: FileHashes, refusal = this.#states.get(service)?.refusal): void {
    const state = this.#states.get(service);
    if (state !== undefined) this.#states.set(service, { ...state, seen, refusal });
  }

  /** undefined: no file changes what is deployed of the Service. */
  #filesOf(service: ProjectService, project: Project): ServiceFiles | undefined {
    const { cwd, isOwnFile } = this.#parts;
    for (const path of project.inputs) this.#inputs.add(path);
    const request = { service, isBuilt: this.isBuilding, cwd, inputs: this.#inputs, isOwnFile };
    const files = this.#files.get(service) ?? new ServiceFiles(request);
    this.#files.set(service, files);
    return files.isEmpty ? undefined : files;
  }

  #brakeOf(service: string): ChangeBrake {
    const brake = this.#brakes.get(service) ?? new ChangeBrake();
    this.#brakes.set(service, brake);
    return brake;
  }

  /** Returns the files to deploy: those that the instances have if the brake blocks the changes. */
  #unblocked(service: string, seen: FileHashes, files: FileHashes, effect: ChangeEffect): FileHashes {
    const blocked = this.#brakeOf(service).check(seen, files, { now: this.#parts.clock.now(), effect });
    if (blocked === undefined) return files;
    if (blocked.isNew)
      this.#parts.emit({ type: "blocked", service, files: blocked.files, isRetried: blocked.retryAt !== undefined });
    if (blocked.retryAt !== undefined) this.retryAt = Math.min(this.retryAt ?? blocked.retryAt, blocked.retryAt);
    return seen;
  }
}
