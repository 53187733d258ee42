// Reads the objects of one file with the positions of their fields, and checks their basic form.

import { kindOf, resourceOf } from "../apis/kinds.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import { isFields } from "../base/json.ts";
import { type Position, readDocuments, type YamlDocument } from "../base/yaml/documents.ts";
import type { Diagnostic, ManifestFile } from "./diagnostic.ts";
import { type LocateField, makeLocator } from "./locate.ts";
import { olderVersion, removedFields } from "./older-versions.ts";
import { withoutServerFields } from "./server-fields.ts";
import { helmFinding } from "./template-hints.ts";

/** `validate` refuses documents of removed API versions; `up` runs them with a warning. */
export type ManifestMode = "validate" | "up";

export interface ManifestObject {
  /** As written, without fields that the server sets. `up` replaces a removed apiVersion by the current one. */
  readonly object: AnyObject;
  readonly file: string;
  readonly locate: LocateField;
}
export interface ReadManifest {
  readonly objects: readonly ManifestObject[];
  readonly diagnostics: readonly Diagnostic[];
}

type Fields = Readonly<Record<string, unknown>>;
interface Piece {
  readonly json: unknown;
  readonly document: YamlDocument;
  /** Path of the piece inside its document: "" or `items[2]`. */
  readonly prefix: string;
}

/**
 * Returns all objects of a file, including the items of `List` documents. Reports unknown kinds and leaves them out.
 */
export function readManifest(file: ManifestFile, mode: ManifestMode): ReadManifest {
  const objects: ManifestObject[] = [];
  const diagnostics: Diagnostic[] = [];
  const serverFields = new Map<string, Position>();
  for (const document of readDocuments(file.text)) {
    const isBroken = document.findings.some(({ severity }) => severity === "error");
    const template = isBroken ? helmFinding(file) : undefined;
    if (template) return { objects: [], diagnostics: [template] };
    for (const { position, message, severity } of document.findings) {
      diagnostics.push({ severity, message, file: file.name, ...position });
    }
    if (document.json === undefined || document.json === null) continue;
    const locate = makeLocator(document);
    for (const piece of piecesOf(document)) {
      const at: LocateField = (path, target) => locate([piece.prefix, path].filter(Boolean).join("."), target);
      const report: Report = (severity, path, message) =>
        diagnostics.push({ severity, message, file: file.name, ...at(path), path: path || undefined });
      const written = readObject(piece.json, mode, report);
      if (!written) continue;
      const { object, dropped } = withoutServerFields(written);
      for (const path of dropped) if (!serverFields.has(path)) serverFields.set(path, at(path, "key"));
      objects.push({ object, file: file.name, locate: at });
    }
  }
  const [first] = serverFields.values();
  if (first) {
    const message = `the server sets these fields, so knap ignores them: ${[...serverFields.keys()].join(", ")}`;
    diagnostics.push({ severity: "warning", message, file: file.name, ...first });
  }
  return { objects, diagnostics };
}

type Report = (severity: "error" | "warning", path: string, message: string) => void;

function piecesOf(document: YamlDocument): readonly Piece[] {
  const { json } = document;
  const isList = isFields(json) && typeof json["kind"] === "string" && json["kind"].endsWith("List");
  if (!isList || !Array.isArray(json["items"])) return [{ json, document, prefix: "" }];
  return json["items"].map((item: unknown, at) => ({ json: item, document, prefix: `items[${at}]` }));
}

function readObject(json: unknown, mode: ManifestMode, report: Report): AnyObject | undefined {
  if (!isFields(json)) {
    report("error", "", "a manifest must be a mapping with apiVersion, kind and metadata");
    return undefined;
  }
  const missing = ["apiVersion", "kind"].filter((field) => typeof json[field] !== "string" || json[field] === "");
  for (const field of missing) report("error", field, `${field} not set`);
  if (missing.length > 0) return undefined;
  const { metadata } = json as { metadata?: unknown };
  if (metadata !== undefined && metadata !== null && !isFields(metadata)) {
    report("error", "metadata", "metadata must be a mapping");
    return undefined;
  }
  const current = withCurrentVersion(json, mode, report);
  if (!current || !isKnownKind(current, report)) return undefined;
  return withName({ ...current, metadata: metadata ?? {} } as unknown as AnyObject, report);
}

function withCurrentVersion(json: Fields, mode: ManifestMode, report: Report): Fields | undefined {
  const older = olderVersion(json);
  if (!older) return json;
  const removed = removedFields(json);
  for (const { path, message } of removed) report("error", path, message);
  report(mode === "validate" || removed.length > 0 ? "error" : "warning", "apiVersion", older.message);
  return removed.length > 0 || mode === "validate" ? undefined : { ...json, apiVersion: older.apiVersion };
}

/** An unknown kind is an error in Knative's own groups, else a warning, because a cluster may have the kind. */
function isKnownKind(json: Fields, report: Report): boolean {
  const { apiVersion, kind } = json as { apiVersion: string; kind: string };
  const resource = resourceOf(kindOf({ apiVersion, kind }));
  const version = apiVersion.slice(apiVersion.indexOf("/") + 1);
  if (resource && resource.version === version) return true;
  const isOurGroup = resource !== undefined || /^(serving|[a-z]+\.internal)\.knative\.dev\//.test(apiVersion);
  const text = `no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`;
  if (isOurGroup) report("error", "kind", text);
  else report("warning", "kind", `${text}: knap leaves it out`);
  return false;
}

/** Refuses an object without a name. Knative's own validation checks the names of its kinds. */
function withName(object: AnyObject, report: Report): AnyObject | undefined {
  const { name, generateName } = object.metadata as { name?: unknown; generateName?: unknown };
  const isServing = object.apiVersion.startsWith("serving.knative.dev/");
  if (isServing || name || generateName) return object;
  report("error", "metadata.name", "resource name may not be empty");
  return undefined;
}
