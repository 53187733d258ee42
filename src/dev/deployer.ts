// Deploys a project into a session: builds images, makes new revisions for changed sources, applies the objects.
import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { keyOf, keyText } from "../apis/meta/key.ts";
import type { Service } from "../apis/serving/types.ts";
import type { Clock, Time } from "../base/clock.ts";
import { sha256Hex } from "../base/hash.ts";
import type { Client } from "../client/client.ts";
import type { BuildServiceImage } from "../node/agent/image-builder.ts";
import type { BuildStep } from "../node/runtime/build-request.ts";
import type { Project, ProjectService } from "../project/project.ts";
import { type Applied, applyObjects } from "./apply-objects.ts";
import { buildFailureText } from "./build-failure.ts";
import { BuildsUnderWay } from "./builds-under-way.ts";
import { ChangeBrake, changedFiles, type FileHashes } from "./change-brake.ts";
import type { EmitDevEvent } from "./dev-event.ts";
import type { IsOwnFile } from "./own-files.ts";
import { RepeatedObjects } from "./repeated-objects.ts";
import { readSources, slashed, sourceFilter, sourceFolderOf } from "./source-files.ts";
import { type TemplateChange, withFreshName, withTemplateChange } from "./template-plan.ts";
import { isDiscoverable, isWithin } from "./watch-paths.ts";

export interface DeployerParts {
  readonly client: Client;
  /** Absent: Services run as processes. */
  readonly buildImage?: BuildServiceImage | undefined;
  /** Service → start command. The deployer writes it and the process runtime reads it. */
  readonly commands: Map<string, NonNullable<ProjectService["start"]>>;
  readonly emit: EmitDevEvent;
  /** Real time. */
  readonly clock: Clock;
  readonly isOwnFile: IsOwnFile;
  /** The working folder of processes whose command is in the manifest. */
  readonly cwd: string;
}

interface DeployedState {
  /** The deployed sources and Dockerfile, and under "knap.yaml" the Service's build or start settings. */
  readonly files: FileHashes;
  /**
   * Hash of the sources of the first deployment. With these sources and `forced` 0, the template gets neither a name
   * suffix nor a source hash.
   */
  readonly firstHash: string;
  readonly hash: string;
  readonly image?: string;
  /** How often the user requested a rebuild. It is part of the name suffix. */
  readonly forced: number;
}

/** Remembers the deployed sources of each Service of a session. */
export class Deployer implements AsyncDisposable {
  /** The time to retry changes that a {@link ChangeBrake} blocks for a limited time; undefined if there are none. */
  retryAt: Time | undefined;
  /**
   * Services with changed sources or a requested rebuild. Without `keepOld`, the dev loop removes a Service from this
   * set when its newest revision is ready.
   */
  readonly changed = new Set<string>();
  readonly #parts: DeployerParts;
  readonly #states = new Map<string, DeployedState>();
  readonly #brakes = new Map<string, ChangeBrake>();
  readonly #builds = new BuildsUnderWay();
  readonly #repeated = new RepeatedObjects();

  constructor(parts: DeployerParts) {
    this.#parts = parts;
  }

  /** Resolves to the applied and refused objects, without Services whose build failed. */
  async deploy(project: Project, signal: AbortSignal): Promise<readonly Applied[]> {
    const { client, emit } = this.#parts;
    const inputs = new Set(project.inputs);
    this.retryAt = undefined;
    const preparing = project.services.map(
      async (service) => [keyText(keyOf(service.object)), await this.#prepare(service, inputs, signal)] as const,
    );
    const changes = new Map(await Promise.all(preparing));
    signal.throwIfAborted();
    const objects = this.#repeated.due(project.objects).flatMap((object) => {
      const key = keyText(keyOf(object));
      if (!changes.has(key)) return [object];
      return changes.get(key)?.(object as Service) ?? [];
    });
    const applied = await applyObjects(client, objects, signal, (each) => emit({ type: "applied", applied: each }));
    this.#repeated.markApplied();
    return applied;
  }

  /** Whether changed sources make a new image, not only a new start of a process. */
  get isBuilding(): boolean {
    return this.#parts.buildImage !== undefined;
  }

  /** Returns the folder whose files make a new revision of the Service; undefined if no such folder exists. */
  sourceFolderOf(service: ProjectService): string | undefined {
    const { buildImage, cwd } = this.#parts;
    return sourceFolderOf(service, { isBuilt: buildImage !== undefined, cwd });
  }

  /** Filters changed paths for watch mode: those that can change what is deployed. */
  changeFilter(project: Project, folders: readonly string[]): (path: string) => boolean {
    const { isOwnFile } = this.#parts;
    const inputs = new Set(project.inputs);
    const dockerfiles = project.services.flatMap(({ build }) => build?.dockerfile ?? []);
    const roots = [join(project.folder, "knap.yaml"), ...inputs, ...folders, ...dockerfiles];
    const sources = project.services.flatMap((service) => {
      const folder = this.sourceFolderOf(service);
      if (folder === undefined) return [];
      const { dockerfile = "Dockerfile" } = service.build ?? {};
      return [{ folder, isSource: sourceFilter({ folder, dockerfile, inputs, isOwnFile }) }];
    });
    return (path) => {
      if (isOwnFile(path)) return false;
      if (isDiscoverable(path) || roots.some((root) => isWithin(root, path))) return true;
      return sources.some(
        ({ folder, isSource }) => isWithin(folder, path) && isSource(slashed(relative(folder, path))),
      );
    };
  }

  /** Cancels running builds. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#builds[Symbol.asyncDispose]();
  }

  /** Makes the next deployment build or start the Service anew although no file changed. */
  forget(service: string): void {
    const state = this.#states.get(service);
    this.#brakes.get(service)?.release();
    if (state !== undefined) this.#states.set(service, { ...state, hash: "", forced: state.forced + 1 });
  }

  /** Resolves with the change to make in each document of the Service; undefined if its build failed. */
  async #prepare(
    service: ProjectService,
    inputs: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<((service: Service) => Service) | undefined> {
    const folder = this.sourceFolderOf(service);
    if (folder === undefined) return (document) => document;
    const before = this.#states.get(service.key);
    const files = this.#unblocked(service.key, before, await this.#readFiles(service, folder, inputs));
    const hash = sha256Hex(JSON.stringify([...files])).slice(0, 12);
    const sources = { files, hash };
    const deployed = this.#parts.buildImage
      ? await this.#prepareImage(service, sources, signal)
      : this.#prepareProcess(service, sources);
    if (deployed === undefined) return undefined;
    if (before !== undefined && before.hash !== hash) {
      this.#brakeOf(service.key).deployed(this.#parts.clock.now());
      this.changed.add(service.key);
      this.#parts.emit({ type: "changed", service: service.key, files: changedFiles(before.files, files) });
    }
    const { firstHash = hash, forced = 0 } = this.#states.get(service.key) ?? {};
    if (firstHash === hash && forced === 0) return (document) => withTemplateChange(document, deployed);
    const suffix = forced > 0 ? `${hash.slice(0, 5)}-${forced}` : hash.slice(0, 5);
    return (document) => withTemplateChange(withFreshName(document, suffix), deployed);
  }

  /**
   * Resolves with the hashes of all files that determine the revision: sources, knap.yaml, and the Dockerfile, which
   * may be outside of the source folder.
   */
  async #readFiles({ build, start }: ProjectService, folder: string, inputs: ReadonlySet<string>): Promise<FileHashes> {
    const { buildImage, isOwnFile } = this.#parts;
    const dockerfile = build?.dockerfile ?? "Dockerfile";
    const sources = await readSources(folder, sourceFilter({ folder, dockerfile, inputs, isOwnFile }));
    const settings: [string, string] = ["knap.yaml", JSON.stringify(buildImage === undefined ? start : build) ?? ""];
    // The text of a Dockerfile in knap.yaml is in the settings.
    const isFile = build?.dockerfile !== undefined && build.inline === undefined;
    const text = buildImage && isFile ? await readFile(dockerfile, "utf8").catch(() => undefined) : undefined;
    return new Map([...sources, settings, ...(text === undefined ? [] : [[dockerfile, sha256Hex(text)] as const])]);
  }

  #brakeOf(service: string): ChangeBrake {
    const brake = this.#brakes.get(service) ?? new ChangeBrake();
    this.#brakes.set(service, brake);
    return brake;
  }

  /** Returns the files to deploy: the files of the last deployment if the brake blocks the changes. */
  #unblocked(service: string, before: DeployedState | undefined, files: FileHashes): FileHashes {
    if (before === undefined || before.hash === "") return files;
    const blocked = this.#brakeOf(service).check(before.files, files, this.#parts.clock.now());
    if (blocked === undefined) return files;
    if (blocked.isNew)
      this.#parts.emit({ type: "blocked", service, files: blocked.files, isRetried: blocked.retryAt !== undefined });
    if (blocked.retryAt !== undefined) this.retryAt = Math.min(this.retryAt ?? blocked.retryAt, blocked.retryAt);
    return before.files;
  }

  async #prepareImage(
    service: ProjectService,
    { files, hash }: Pick<DeployedState, "files" | "hash">,
    signal: AbortSignal,
  ): Promise<TemplateChange | undefined> {
    const { buildImage, emit } = this.#parts;
    const { key, build } = service;
    if (buildImage === undefined || build === undefined) return {};
    const before = this.#states.get(key);
    if (before?.image !== undefined && before.hash === hash) return { image: before.image };
    if (!this.#builds.isUnderWay(key, hash)) emit({ type: "building", service: key });
    const onOutput = (line: string): void => emit({ type: "build-output", service: key, line });
    const onStep = (step: BuildStep): void => emit({ type: "build-step", service: key, step });
    const outcome = await this.#builds.join({ service: key, hash, signal }, (abort) =>
      buildImage({ service: key, plan: build, signal: abort, onOutput, onStep }),
    );
    if (!outcome.ok) {
      const message = await buildFailureText(service, build, outcome);
      emit({ type: "build-failed", service: key, message, isFirst: before?.image === undefined });
      return undefined;
    }
    emit({ type: "built", service: key, image: outcome.image, figures: outcome.figures });
    const { firstHash = hash, forced = 0 } = before ?? {};
    // A requested rebuild that gives the same image makes no new revision.
    const isSame = before?.hash === "" && before.image === outcome.image;
    this.#states.set(key, { files, firstHash, hash, image: outcome.image, forced: isSame ? forced - 1 : forced });
    return { image: outcome.image };
  }

  #prepareProcess(
    { key, start }: ProjectService,
    { files, hash }: Pick<DeployedState, "files" | "hash">,
  ): TemplateChange {
    const { firstHash = hash, forced = 0 } = this.#states.get(key) ?? {};
    this.#states.set(key, { files, firstHash, hash, forced });
    if (start !== undefined) this.#parts.commands.set(key, start);
    if (forced > 0) return { sourceHash: `${hash}-${forced}` };
    return hash === firstHash ? {} : { sourceHash: hash };
  }
}
