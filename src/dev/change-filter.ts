// Classifies changed paths for watch mode: those of the project itself, those of a Service's files, and all others.
import { basename, dirname, join } from "node:path";
import { isManifestName } from "../project/find-files.ts";
import type { Project } from "../project/project.ts";
import type { IsOwnFile } from "./own-files.ts";
import type { ServiceFiles } from "./service-files.ts";
import { isProjectFile, isWithin } from "./watch-paths.ts";

/** Returns undefined for a path that changes nothing. `path`: absolute. */
export type ChangeFilter = (path: string) => "project" | "files" | undefined;

export interface FilterRequest {
  readonly project: Pick<Project, "folder" | "inputs" | "manifestFolders" | "services">;
  /** The files of its Services. */
  readonly files: readonly Pick<ServiceFiles, "isFolderRoot" | "covers">[];
  readonly isOwnFile: IsOwnFile;
}

export function makeChangeFilter({ project, files, isOwnFile }: FilterRequest): ChangeFilter {
  const dockerfiles = project.services.flatMap(({ build }) => build?.dockerfile ?? []);
  const roots = [join(project.folder, "knap.yaml"), ...project.inputs, ...dockerfiles];
  const folders = new Set(project.manifestFolders);
  const isManifest = (path: string): boolean => folders.has(dirname(path)) && isManifestName(basename(path));
  return (path) => {
    if (isOwnFile(path)) return undefined;
    if (isProjectFile(path) || folders.has(path) || isManifest(path)) return "project";
    if (roots.some((root) => isWithin(root, path))) return "project";
    if (files.some((each) => each.isFolderRoot(path))) return "project";
    return files.some((each) => each.covers(path)) ? "files" : undefined;
  };
}
