// Manifest texts → objects and findings. The rules are the manifest room's; this only goes over the files.
import { parseAllDocuments } from "yaml";
import type { AnyObject } from "../apis/meta/object.ts";
import type { ManifestSource } from "./find-files.ts";
import type { ProjectFinding } from "./finding.ts";

/** An object and the file it came from. */
export interface ReadObject {
  readonly object: AnyObject;
  readonly source: ManifestSource;
}

export interface ReadManifests {
  readonly objects: readonly ReadObject[];
  readonly findings: readonly ProjectFinding[];
}

export function readManifests(sources: readonly ManifestSource[]): ReadManifests {
  const objects: ReadObject[] = [];
  const findings: ProjectFinding[] = [];
  for (const source of sources) {
    for (const document of parseAllDocuments(source.text)) {
      for (const error of document.errors) {
        const [at] = error.linePos ?? [];
        findings.push({
          severity: "error",
          message: error.message,
          file: source.file,
          ...(at && { line: at.line, column: at.col }),
        });
      }
      const object = document.toJS() as AnyObject | null;
      if (document.errors.length === 0 && object) objects.push({ object, source });
    }
  }
  return { objects, findings };
}
