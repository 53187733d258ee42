// Defines a loaded project: objects in apply order, and how each Service is built and started.
import type { AnyObject, StringMap } from "../apis/meta/object.ts";
import type { Service } from "../apis/serving/types.ts";
import type { ProjectFinding } from "../manifest/diagnostic.ts";
import type { AgentSource, BuildSettings, SecretSource } from "../node/runtime/build-request.ts";
import type { WatchAction } from "./develop-schema.ts";
import type { ManifestSource } from "./find-files.ts";
import type { ProjectFile } from "./project-file.ts";

/** How the image of a Service is built. Paths are absolute. */
export type BuildPlan = DockerfileBuild | CommandBuild;

export interface DockerfileBuild extends BuildSettings {
  readonly command?: undefined;
  readonly context: string;
  /** The path of the Dockerfile; with `inline` that of knap.yaml. */
  readonly dockerfile: string;
  /** The text of a Dockerfile in knap.yaml. */
  readonly inline?: string | undefined;
  readonly args: StringMap;
  readonly labels?: StringMap;
  readonly secrets?: readonly SecretSource[] | undefined;
  readonly ssh?: readonly AgentSource[] | undefined;
  /** Images that the stages of the Dockerfile start from. */
  readonly bases: readonly string[];
}

/** A command that builds the image and tags or prints it. */
interface CommandBuild {
  readonly command: readonly string[];
  /** The working folder of the command, and the sources to watch. */
  readonly context: string;
  readonly dockerfile?: undefined;
  readonly bases: readonly [];
}

/** How the process runtime starts a Service. */
export interface ServiceStart {
  readonly command: readonly string[];
  /** Absolute. */
  readonly folder: string;
  /** ENV of the Dockerfile. The pod's environment overrides it. */
  readonly env: StringMap;
}

/** The command of a `sync+exec` rule. It runs in each instance after the files are there. */
export interface RuleCommand {
  readonly command: readonly string[];
  readonly user?: string | undefined;
  readonly workingDir?: string | undefined;
  readonly env?: StringMap | undefined;
  readonly privileged?: boolean | undefined;
}

/** A rule of `develop.watch`. */
export interface WatchRule {
  /** Absolute path of a file or folder. */
  readonly path: string;
  readonly action: WatchAction;
  /** Absolute path in the container; undefined: the action syncs nothing. */
  readonly target?: string | undefined;
  /** Patterns of .dockerignore, relative to `path`. Empty: all files. */
  readonly include: readonly string[];
  /** As `include`; it is applied after it. */
  readonly ignore: readonly string[];
  readonly exec?: RuleCommand | undefined;
  /** The files are also synced when the session starts. */
  readonly initialSync: boolean;
}

/** How watch mode treats changed files of a Service. */
export interface DevelopPlan {
  /** Empty: every change of a source file is a rebuild. */
  readonly rules: readonly WatchRule[];
  /** The rules come from the Dockerfile, not from knap.yaml. */
  readonly isInferred: boolean;
  /** What reloads changed code without a restart: a part of the command; undefined: nothing does. */
  readonly reloader?: string | undefined;
  /** Why the Dockerfile gives no rules. */
  readonly noRules?: string | undefined;
}

export interface ProjectService {
  /** `namespace/name` */
  readonly key: string;
  readonly object: Service;
  /** Folder of the manifest; undefined if it came from standard input. */
  readonly folder?: string | undefined;
  /** Image of the serving container, as written in the file; "" if there is none. */
  readonly image: string;
  readonly build?: BuildPlan | undefined;
  /** Returns the place of a key of `build` in knap.yaml, or of a line of its text. Absent without such a `build`. */
  readonly buildPlace?: ((key: string, line?: number) => string) | undefined;
  readonly start?: ServiceStart | undefined;
  readonly develop?: DevelopPlan | undefined;
}

export interface Project {
  /** Folder of knap.yaml, else the current folder. */
  readonly folder: string;
  /** Absolute path of knap.yaml, if there is one. */
  readonly file?: string | undefined;
  readonly settings: ProjectFile;
  readonly namespace: string;
  readonly sources: readonly ManifestSource[];
  /** Texts that findings may quote: the manifests and knap.yaml. */
  readonly texts: readonly ManifestSource[];
  /** In apply order, each with its namespace. */
  readonly objects: readonly AnyObject[];
  readonly services: readonly ProjectService[];
  /** Data of the ConfigMaps of knative-serving, by name. */
  readonly configMaps: ReadonlyMap<string, StringMap>;
  /** Errors and warnings. With an error among them, the objects are not usable. */
  readonly findings: readonly ProjectFinding[];
  /** Files and folders whose change changes the project, without build contexts. */
  readonly inputs: readonly string[];
  /** Folders of manifests: a new one in them belongs to the project. The files in their subfolders do not. */
  readonly manifestFolders: readonly string[];
}

export function hasErrors(project: { readonly findings: readonly ProjectFinding[] }): boolean {
  return project.findings.some(({ severity }) => severity === "error");
}
