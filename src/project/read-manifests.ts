// Manifest texts → objects and findings. All rules are the manifest room's; this keeps the way back from an object to its file.
import type { AnyObject, StringMap } from "../apis/meta/object.ts";
import type { ManifestMode } from "../manifest/read-manifest.ts";
import { validateFiles } from "../manifest/validate-files.ts";
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

/** How strictly files are judged. */
export interface Strictness {
  /** `validate` refuses documents of removed API versions, `up` runs them with a warning. */
  readonly mode: ManifestMode;
  /** What unknown fields are, as `kubectl --validate`. */
  readonly fieldValidation: "strict" | "warn" | "ignore";
  /** Feature gates over those of the files. */
  readonly gates?: StringMap;
}

export function readManifests(
  sources: readonly ManifestSource[],
  at: Strictness & { readonly namespace: string; readonly config: ReadonlyMap<string, StringMap> },
): ReadManifests {
  const byName = new Map(sources.map((source) => [source.file, source]));
  const files = sources.map(({ file, text }) => ({ name: file, text }));
  const { objects, diagnostics } = validateFiles(files, at);
  const found = objects.map(({ object, file }) => ({ object, source: byName.get(file) as ManifestSource }));
  return { objects: found, findings: diagnostics };
}
