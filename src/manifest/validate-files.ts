// Knative's admission rules over files, offline: every finding of every document at once, each at its place. Reads no file itself.

import { exampleError } from "../apis/config/example-checksum.ts";
import { isClusterConfig, makeServingConfig } from "../apis/config/serving-config.ts";
import type { ServingConfig } from "../apis/config/types.ts";
import { dataStructs } from "../apis/fields/core.ts";
import { type DecodeError, decode } from "../apis/go/decode.ts";
import { kindOf, resourceOf } from "../apis/kinds.ts";
import { type Finding, type Findings, findingText, merged } from "../apis/meta/field-error.ts";
import type { AnyObject, StringMap } from "../apis/meta/object.ts";
import { metadataFindings } from "../apis/schema/metadata-findings.ts";
import { schemaOf, unknownFields } from "../apis/schema/schemas.ts";
import { pruneAndDefault, schemaFindings } from "../apis/schema/structural.ts";
import { mutate, review } from "../apis/serving/webhook.ts";
import type { Diagnostic, ManifestFile } from "./diagnostic.ts";
import { fieldBehind, gateOf, gateRemedy } from "./gate-remedy.ts";
import { laptopNotes } from "./laptop-notes.ts";
import type { Aim } from "./locate.ts";
import { type ManifestMode, type ManifestObject, readManifest } from "./read-manifest.ts";

export interface ValidationOptions {
  readonly mode: ManifestMode;
  /** Unknown fields: refused, warned of, or silently dropped, as `kubectl --validate`. Default strict. */
  readonly fieldValidation?: "strict" | "warn" | "ignore";
  /** Laid over the files' config-features: gate → Enabled, Allowed, Disabled. */
  readonly gates?: StringMap;
  /** Data of knative-serving's ConfigMaps from elsewhere (knap.yaml), by name; single keys win over the files'. */
  readonly config?: ReadonlyMap<string, StringMap>;
  /** Given to namespaced objects that name none. Default `default`. */
  readonly namespace?: string;
}
export interface ValidatedFiles {
  readonly objects: readonly ManifestObject[];
  readonly diagnostics: readonly Diagnostic[];
  /** The cluster configuration under which the objects were judged. */
  readonly config: ServingConfig;
}

/** Reads and judges all files together; ConfigMaps of knative-serving among them are in force for all. */
export function validateFiles(files: readonly ManifestFile[], options: ValidationOptions): ValidatedFiles {
  const read = files.map((file) => readManifest(file, options.mode));
  const objects = read
    .flatMap((result) => result.objects)
    .map((item) => ({ ...item, object: placed(item.object, options.namespace ?? "default") }));
  const { config } = makeServingConfig(configData(objects, options));
  const judged = objects.flatMap((item) => judge(item, config, options));
  const diagnostics = [...read.flatMap((result) => result.diagnostics), ...judged];
  return { objects, config, diagnostics: inOrder(diagnostics, files) };
}

function placed(object: AnyObject, namespace: string): AnyObject {
  if (object.metadata.namespace || resourceOf(kindOf(object))?.namespaced === false) return object;
  return { ...object, metadata: { ...object.metadata, namespace } };
}

function configData(
  objects: readonly ManifestObject[],
  { config, gates }: ValidationOptions,
): ReadonlyMap<string, StringMap> {
  const data = new Map<string, StringMap>();
  const lay = (name: string, more: StringMap): void => void data.set(name, { ...data.get(name), ...more });
  for (const { object } of objects) if (isClusterConfig(object)) lay(object.metadata.name, textsOf(object.data));
  for (const [name, more] of config ?? []) lay(name, more);
  if (gates) lay("config-features", gates);
  return data;
}

/** Values that are no texts are refused elsewhere. */
function textsOf(data: unknown): StringMap {
  const entries = Object.entries((data ?? {}) as Readonly<Record<string, unknown>>);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

interface Extra {
  readonly fix?: string;
  readonly aim?: Aim;
  /** Point at this path instead. */
  readonly at?: string;
}
type Say = (severity: Diagnostic["severity"], path: string, message: string, extra?: Extra) => Diagnostic;

function judge(item: ManifestObject, config: ServingConfig, options: ValidationOptions): readonly Diagnostic[] {
  const say: Say = (severity, path, message, { fix, aim, at } = {}) => ({
    severity,
    message,
    file: item.file,
    ...item.locate(at ?? path, aim),
    ...(path === "" ? {} : { path }),
    ...(fix === undefined ? {} : { fix }),
  });
  const { object } = item;
  const strictness = options.fieldValidation ?? "strict";
  const unknown =
    strictness === "ignore"
      ? []
      : unknownFields(object).map((path) =>
          say(strictness === "warn" ? "warning" : "error", path, `unknown field ${JSON.stringify(path)}`, {
            aim: "key",
          }),
        );
  return [...unknown, ...(isData(object) ? judgeData(object, say) : judgeServing(object, config, say))];
}

function isData(object: AnyObject): boolean {
  return dataStructs.has(kindOf(object));
}

function judgeData(object: AnyObject, say: Say): readonly Diagnostic[] {
  const type = dataStructs.get(kindOf(object));
  const errors = type ? decode(type, object).errors : [];
  if (errors.length > 0) return sayDecodeErrors(errors, say);
  const metadata = metadataFindings(object).map(({ path, message }) => say("error", path, `${path}: ${message}`));
  if (!isClusterConfig(object)) return metadata;
  const example = exampleError(object);
  const data = object.data ?? {};
  const { errors: config } = makeServingConfig(new Map([[object.metadata.name, data]]));
  return [
    ...metadata,
    ...(example === undefined ? [] : [say("error", "data._example", example)]),
    ...config.map(({ message }) => say("error", dataPath(message, data), message)),
  ];
}

/** The key that a parser's message speaks of. */
function dataPath(message: string, data: StringMap): string {
  const keys = Object.keys(data).filter((key) => message.includes(key));
  const key = keys.sort((a, b) => b.length - a.length)[0];
  return key === undefined ? "data" : `data.${key}`;
}

function judgeServing(object: AnyObject, config: ServingConfig, say: Say): readonly Diagnostic[] {
  const schema = schemaOf(kindOf(object));
  if (!schema) {
    return metadataFindings(object).map(({ path, message }) => say("error", path, `${path}: ${message}`));
  }
  const pruned = pruneAndDefault(schema, object) as AnyObject;
  const request = { operation: "create" as const, config };
  const mutation = mutate({ ...request, object: pruned });
  if (mutation.decodeErrors.length > 0) return sayDecodeErrors(mutation.decodeErrors, say);
  const complete = pruneAndDefault(schema, mutation.object) as AnyObject;
  const findings = review({ ...request, object: complete });
  const paths = new Set(findings.flatMap((finding) => finding.paths));
  // Where both speak of the same missing field, Knative's sentence is the one that people know.
  const structural = [...metadataFindings(complete), ...schemaFindings(schema, complete)].filter(
    ({ path }) => !paths.has(path),
  );
  return [
    ...structural.map(({ path, message }) => say("error", path, `${path}: ${message}`)),
    ...sayFindings(findings, object.kind === "Revision" ? "spec" : "spec.template.spec", say),
    ...laptopNotes(pruned, config.features).map(({ path, message }) => say("warning", path, message)),
  ];
}

function sayDecodeErrors(errors: readonly DecodeError[], say: Say): readonly Diagnostic[] {
  return errors.map(({ path, message }) => {
    const isUnquoted = /cannot unmarshal (number|bool) into .* of type string$/.test(message);
    return say("error", path, message, isUnquoted ? { fix: "put the value in quotes" } : {});
  });
}

/** An error is said at each of its places, a warning once, at its first. */
function sayFindings(findings: Findings, pod: string, say: Say): readonly Diagnostic[] {
  const errors = merged(findings, "error").flatMap((finding) => {
    const paths = finding.paths.length === 0 ? [""] : finding.paths;
    return paths.map((path) => say("error", path, textAt(finding, path), extraOf(finding, path, pod)));
  });
  const warnings = merged(findings, "warning").map((finding) =>
    say("warning", finding.paths[0] ?? "", withoutColon(findingText(finding))),
  );
  return [...errors, ...warnings];
}

function textAt(finding: Finding, path: string): string {
  return withoutColon(findingText({ ...finding, paths: path === "" ? [] : [path] }));
}

/** Knative ends a finding without a place in a colon. */
function withoutColon(text: string): string {
  return text.replace(/: $/, "");
}

function extraOf(finding: Finding, path: string, pod: string): Extra {
  const gate = gateOf(finding, path);
  const key = /^invalid key name "(.*)"$/.exec(finding.message)?.[1];
  const isKey = key !== undefined && path.endsWith("annotations");
  const isUnwanted = finding.message.startsWith("must not set");
  return {
    ...(gate === undefined ? {} : { fix: gateRemedy(gate) }),
    ...(isKey ? { at: `${path}.${key}` } : {}),
    ...(path === "" && gate !== undefined ? { at: `${pod}.${fieldBehind(gate)}` } : {}),
    ...(isKey || isUnwanted ? { aim: "key" } : {}),
  };
}

function inOrder(diagnostics: readonly Diagnostic[], files: readonly ManifestFile[]): readonly Diagnostic[] {
  const rank = new Map(files.map(({ name }, at) => [name, at]));
  const fileOf = ({ file }: Diagnostic): number => rank.get(file) ?? files.length;
  return [...diagnostics].sort((a, b) => fileOf(a) - fileOf(b) || a.line - b.line || a.column - b.column);
}
