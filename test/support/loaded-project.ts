// Makes a loaded project without files.
import type { Project, ProjectService } from "../../src/project/project.ts";

export function projectWith(folder: string, services: readonly ProjectService[]): Project {
  return {
    folder,
    settings: {},
    namespace: "default",
    sources: [],
    texts: [],
    objects: services.map(({ object }) => object),
    services,
    configMaps: new Map(),
    findings: [],
    inputs: [],
    manifestFolders: [],
  };
}
