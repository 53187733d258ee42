// Reads the files of one Service that watch mode reacts to: the sources of its build or process, and the files of its
// rules.
import { lstatSync, statSync } from "node:fs";
import { lstat } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { contextIgnores } from "../node/image/build-context.ts";
import { isManifest } from "../project/infer-watch.ts";
import type { ProjectService } from "../project/project.ts";
import { changedFiles, type FileHashes } from "./change-brake.ts";
import {
  type ChangeContext,
  type ChangedFile,
  type ChangePlan,
  planContainerChange,
  planProcessChange,
} from "./change-planner.ts";
import { ifReadable } from "./file-errors.ts";
import { hashFiles } from "./hash-files.ts";
import type { IsOwnFile } from "./own-files.ts";
import { isNoise, listFiles, slashed, sourceFilter, sourceFolderOf } from "./source-files.ts";
import { makeMatcher, type WatchMatcher } from "./watch-matcher.ts";
import { isWithin } from "./watch-paths.ts";

export interface FilesRequest {
  readonly service: ProjectService;
  /** Images are built; otherwise Services run as processes. */
  readonly isBuilt: boolean;
  /** The working folder of processes whose command is in the manifest. */
  readonly cwd: string;
  /** Absolute paths of files that are watched separately, such as manifests. */
  readonly inputs: ReadonlySet<string>;
  readonly isOwnFile: IsOwnFile;
}

/** The name of the Service's settings among its files. Names of files do not begin with `./`. */
export const SETTINGS = "./knap.yaml";

/** Names of files are relative to the source folder, with / as separator. Those outside of it begin with `../`. */
export class ServiceFiles {
  readonly #request: FilesRequest;
  /** The source folder, else the folder of the manifest. */
  readonly #folder: string;
  readonly #isSource: (path: string) => boolean;
  readonly #matchers: readonly WatchMatcher[];
  /** Folders and files to read besides the source folder. */
  readonly #otherRoots: readonly string[];
  readonly #hasSources: boolean;
  /** Roots that are folders or did not exist when the project was loaded. */
  readonly #folderRoots: ReadonlySet<string>;

  constructor(request: FilesRequest) {
    const { service, isBuilt, cwd, inputs, isOwnFile } = request;
    const { build, folder: manifestFolder = cwd, develop } = service;
    const folder = sourceFolderOf(service, { isBuilt, cwd });
    this.#request = request;
    this.#hasSources = folder !== undefined;
    this.#folder = folder ?? manifestFolder;
    const filter = sourceFilter({
      folder: this.#folder,
      dockerfile: build?.dockerfile ?? "Dockerfile",
      inputs,
      isOwnFile,
    });
    this.#isSource = (path) => {
      if (folder === undefined || !isWithin(folder, path)) return false;
      const name = this.#nameOf(path);
      return filter(name) && (this.#isBuildFile(name) || !this.#matchers.some((matcher) => matcher.ignores(path)));
    };
    const contextIgnored = build && contextIgnores(build.context, build.dockerfile ?? "Dockerfile");
    const isExcluded = (path: string): boolean =>
      inputs.has(path) ||
      isOwnFile(path) ||
      (build !== undefined &&
        isWithin(build.context, path) &&
        contextIgnored?.(slashed(relative(build.context, path))) === true);
    // Rules from the Dockerfile say nothing about a process: its source folder is enough.
    const rules = develop !== undefined && (isBuilt || !develop.isInferred) ? develop.rules : [];
    this.#matchers = rules.map((rule) => makeMatcher(rule, isExcluded));
    const isRead = (path: string): boolean => isWithin(this.#folder, path) && !isNoise(`/${this.#nameOf(path)}`);
    const rulePaths = rules.map(({ path }) => path);
    this.#otherRoots = rulePaths.filter((path) => !this.#hasSources || !isRead(path) || isLink(path));
    this.#folderRoots = new Set(this.roots.filter((path) => !isFile(path)));
  }

  /** Returns true if no file can change what is deployed. */
  get isEmpty(): boolean {
    return !this.#hasSources && this.#matchers.length === 0;
  }

  /** The folders and files to watch. */
  get roots(): readonly string[] {
    return [...(this.#hasSources ? [this.#folder] : []), ...this.#matchers.map(({ rule }) => rule.path)];
  }

  /** Returns true for a watched folder itself. Once it is deleted and created again, it must be watched anew. */
  isFolderRoot(path: string): boolean {
    return this.#folderRoots.has(path);
  }

  /** Returns true if changes of the file can change what is deployed. `path`: absolute. */
  covers(path: string): boolean {
    return this.#isSource(path) || this.#matchers.some((matcher) => matcher.matches(path));
  }

  /** Reads all files. */
  async readAll(): Promise<FileHashes> {
    const { service, isBuilt } = this.#request;
    const { build, start } = service;
    const dockerfile = this.#dockerfile;
    const isRead = (path: string): boolean => this.covers(path);
    const found = await Promise.all([
      this.#hasSources ? listFiles(this.#folder, isRead) : [],
      ...this.#otherRoots.map((root) => listFiles(root, isRead)),
    ]);
    const paths = new Set([...found.flat(), ...(dockerfile === undefined ? [] : [dockerfile])]);
    const settings = JSON.stringify(isBuilt ? build : start) ?? "";
    return this.#update(new Map([[SETTINGS, settings]]), paths);
  }

  /** Reads the changed files again. A changed path can be a folder, which is empty, or was created or deleted. */
  async readChanged(known: FileHashes, changed: readonly string[]): Promise<FileHashes> {
    const files = [...known.keys()].filter((name) => name !== SETTINGS).map((name) => this.#pathOf(name));
    const below = files.filter((file) => changed.some((path) => isWithin(path, file)));
    const listed = await Promise.all(changed.map((path) => this.#list(path)));
    return this.#update(known, new Set([...listed.flat(), ...below]));
  }

  /** Returns what the changes from `seen` to `next` need. `built`: the files that the image has. */
  plan(seen: FileHashes, next: FileHashes, built: FileHashes): ChangePlan {
    const { service, isBuilt } = this.#request;
    const changes = changedFiles(seen, next).map(
      (name): ChangedFile => ({ name, path: this.#pathOf(name), isGone: !next.has(name) }),
    );
    if (changes.length === 0) return { action: "none" };
    const context: ChangeContext = {
      matchers: this.#matchers,
      isBuildFile: (name) => this.#isBuildFile(name),
      isSource: this.#isSource,
      isInImage: (name) => built.has(name) && (service.build === undefined || isInside(name)),
      isBuilt: service.build !== undefined,
    };
    if (isBuilt) return planContainerChange(changes, context);
    return planProcessChange(changes, { ...context, reloads: service.develop?.reloader !== undefined });
  }

  /** Returns the files that determine an image or a process. */
  buildFiles(files: FileHashes): FileHashes {
    const dockerfile = this.#dockerfile && this.#nameOf(this.#dockerfile);
    return new Map([...files].filter(([name]) => isInside(name) || name === dockerfile));
  }

  /**
   * Returns the files that the instances of a new image have. Files outside of the context that were changed since
   * `first`, and those of rules with `initial_sync`, are not among them.
   */
  imageFiles(files: FileHashes, first: FileHashes): FileHashes {
    const isSynced = (name: string, hash: string): boolean => {
      if (this.#isBuildFile(name)) return false;
      const matching = this.#matchers.filter(({ matches }) => matches(this.#pathOf(name)));
      if (matching.some(({ rule }) => rule.action === "rebuild")) return false;
      const syncing = matching.filter(({ rule }) => rule.target !== undefined);
      if (syncing.some(({ rule }) => rule.initialSync)) return true;
      return syncing.length > 0 && !isInside(name) && first.get(name) !== hash;
    };
    return new Map([...files].filter(([name, hash]) => !isSynced(name, hash)));
  }

  /** Does not follow a symbolic link: the link itself is the file. */
  async #list(path: string): Promise<readonly string[]> {
    const isFolder = (await lstat(path).catch(() => undefined))?.isDirectory() ?? false;
    if (isFolder) return listFiles(path, (each) => this.covers(each));
    return this.covers(path) ? [path] : [];
  }

  /** undefined: nothing is built, a command builds, or knap.yaml has the text. */
  get #dockerfile(): string | undefined {
    const { service, isBuilt } = this.#request;
    const { build } = service;
    return isBuilt && build?.command === undefined && build?.inline === undefined ? build?.dockerfile : undefined;
  }

  /** Returns true if the file determines the image, whatever the rules say. */
  #isBuildFile(name: string): boolean {
    const { service, isBuilt } = this.#request;
    const dockerfile = this.#dockerfile && this.#nameOf(this.#dockerfile);
    return (
      name === SETTINGS ||
      name === dockerfile ||
      basename(name).endsWith(".dockerignore") ||
      (isBuilt && service.develop?.isInferred === true && isManifest(name))
    );
  }

  #nameOf(path: string): string {
    return slashed(relative(this.#folder, path));
  }

  #pathOf(name: string): string {
    return join(this.#folder, name);
  }

  async #update(known: FileHashes, paths: ReadonlySet<string>): Promise<FileHashes> {
    const roots = [...(this.#hasSources ? [this.#folder] : []), ...this.#otherRoots];
    const files = new Map(known);
    for (const [path, hash] of await hashFiles(paths, roots)) {
      if (hash === undefined) files.delete(this.#nameOf(path));
      else files.set(this.#nameOf(path), hash);
    }
    return files;
  }
}

const isInside = (name: string): boolean => !name.startsWith("../");

const isFile = (path: string): boolean => ifReadable(() => statSync(path))?.isFile() ?? false;
const isLink = (path: string): boolean => ifReadable(() => lstatSync(path))?.isSymbolicLink() ?? false;
