// What a project is, once its files are read: objects in the order of applying, and per Service how it is built and started.
import type { AnyObject, StringMap } from "../apis/meta/object.ts";
import type { Service } from "../apis/serving/types.ts";
import type { ProjectFinding } from "../manifest/diagnostic.ts";
import type { ManifestSource } from "./find-files.ts";
import type { ProjectFile } from "./project-file.ts";

/** How the image of a Service is built. Paths are absolute. */
export interface BuildPlan {
  readonly context: string;
  readonly dockerfile: string;
  readonly target?: string;
  readonly args: StringMap;
  /** Images that the Dockerfile starts from. */
  readonly bases: readonly string[];
}

/** How the process runtime starts a Service. */
export interface StartCommand {
  readonly command: readonly string[];
  /** Absolute. */
  readonly folder: string;
  /** The image's own environment (ENV of the Dockerfile), below the pod's. */
  readonly env: StringMap;
}

export interface ProjectService {
  /** `namespace/name` */
  readonly key: string;
  readonly object: Service;
  /** The image of the container that serves, as the file has it; "" when it names none. */
  readonly image: string;
  readonly build?: BuildPlan;
  readonly start?: StartCommand;
}

export interface Project {
  /** Where knap.yaml stands, else the current folder. */
  readonly folder: string;
  /** Absolute path of knap.yaml, if there is one. */
  readonly file?: string;
  readonly settings: ProjectFile;
  readonly namespace: string;
  readonly sources: readonly ManifestSource[];
  /** All that findings may quote: the manifests and knap.yaml. */
  readonly texts: readonly ManifestSource[];
  /** In the order of applying, namespaces filled in. */
  readonly objects: readonly AnyObject[];
  readonly services: readonly ProjectService[];
  /** Data of the ConfigMaps of knative-serving, by name. */
  readonly configMaps: ReadonlyMap<string, StringMap>;
  /** All that is wrong, errors and warnings. Objects are usable only when no error is among them. */
  readonly findings: readonly ProjectFinding[];
  /** Files and folders whose change changes the project; build contexts apart. */
  readonly inputs: readonly string[];
}

/** Whether the project can be used. */
export function hasErrors(project: { readonly findings: readonly ProjectFinding[] }): boolean {
  return project.findings.some(({ severity }) => severity === "error");
}
