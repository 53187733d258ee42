// Applies Knative's admission rules to manifest texts and returns every finding with its position. It reads no file.
import { metadataErrors } from "../apis/admission.ts";
import { exampleError } from "../apis/config/example-checksum.ts";
import { isClusterConfig, makeServingConfig } from "../apis/config/serving-config.ts";
import type { ServingConfig } from "../apis/config/types.ts";
import { dataStructs } from "../apis/fields/data.ts";
import { type DecodeError, decode } from "../apis/go/decode.ts";
import { kindOf, resourceOf } from "../apis/kinds.ts";
import { type Finding, type Findings, findingText, merged } from "../apis/meta/field-error.ts";
import type { AnyObject, StringMap } from "../apis/meta/object.ts";
import { metadataFindings } from "../apis/schema/metadata-findings.ts";
import { podSpecFindings } from "../apis/schema/pod-findings.ts";
import { schemaOf, unknownFields } from "../apis/schema/schemas.ts";
import { pruneAndDefault, schemaFindings } from "../apis/schema/structural.ts";
import { mutate, review } from "../apis/serving/webhook.ts";
import { fieldsOf } from "../base/json.ts";
import type { Diagnostic, ManifestFile } from "./diagnostic.ts";
import { gatedField, gateOf, gateRemedy } from "./gate-remedy.ts";
import { impossibleSecrets, secretNameFix, unknownRevisions } from "./laptop-findings.ts";
import { laptopNotes } from "./laptop-notes.ts";
import type { PointTarget } from "./locate.ts";
import { type ManifestMode, type ManifestObject, readManifest } from "./read-manifest.ts";
import { withLatestTraffic, withSecretNames } from "./rewrite.ts";
import { withTemplateHints } from "./template-hints.ts";

export interface ValidationOptions {
  readonly mode: ManifestMode;
  /** Unknown fields are refused, reported or dropped, as with `kubectl --validate`. Default: strict. */
  readonly fieldValidation?: "strict" | "warn" | "ignore";
  /** Feature gate → Enabled, Allowed or Disabled. They override config-features in the files and in `config`. */
  readonly gates?: StringMap | undefined;
  /** ConfigMap name → data from knap.yaml, which overrides equal keys of the files' ConfigMaps in knative-serving. */
  readonly config?: ReadonlyMap<string, StringMap>;
  /** Namespace of objects that name none. Default: `default`. */
  readonly namespace?: string;
  /** `latest`: traffic that the files pin to Revisions goes to the latest ready Revision. */
  readonly traffic?: "manifest" | "latest" | undefined;
  /** Secret names of the files → names to use instead. */
  readonly secretNames?: ReadonlyMap<string, string> | undefined;
}
/** The most diagnostics that are returned for one file. A further diagnostic counts the omitted ones. */
const MAX_FINDINGS = 1000;
export interface ValidatedFiles {
  readonly objects: readonly ManifestObject[];
  readonly diagnostics: readonly Diagnostic[];
  /** The cluster configuration that the validation used. */
  readonly config: ServingConfig;
}

/** Validates all files together. ConfigMaps of knative-serving among them apply to all objects. */
export function validateFiles(files: readonly ManifestFile[], options: ValidationOptions): ValidatedFiles {
  const read = files.map((file) => readManifest(file, options.mode));
  const written = read
    .flatMap((result) => result.objects)
    .map((item) => ({ ...item, object: withNamespace(item.object, options.namespace ?? "default") }));
  const { objects, diagnostics } = rewritten(written, options);
  const { config } = makeServingConfig(configData(objects, options));
  const found = objects.flatMap((item) => validateObject(item, config, options));
  const all = [...read.flatMap((result) => result.diagnostics), ...diagnostics, ...found];
  return { objects, config, diagnostics: files.flatMap((file) => findingsOf(file, all)) };
}

/**
 * Applies the options `secretNames` and `traffic` to the objects. The diagnostics report replaced traffic, and problems
 * that the options can solve: Secret names that Kubernetes does not allow, and traffic to missing Revisions.
 */
function rewritten(
  written: readonly ManifestObject[],
  { traffic, secretNames = new Map() }: ValidationOptions,
): Pick<ValidatedFiles, "objects" | "diagnostics"> {
  const named = written.map((item) => ({ ...item, object: withSecretNames(item.object, secretNames) }));
  const secrets = named.flatMap(impossibleSecrets);
  if (traffic !== "latest") return { objects: named, diagnostics: [...secrets, ...unknownRevisions(named)] };
  const configurations = named.filter(({ object }) => object.kind === "Configuration");
  const names = configurations.map(({ object }) => object.metadata.name);
  const objects = named.map((item) => ({ ...item, object: withLatestTraffic(item.object, names) }));
  const pinned = named.find(({ object }, at) => object !== objects[at]?.object);
  if (pinned === undefined) return { objects, diagnostics: secrets };
  const message = "traffic is latest: all requests go to the latest ready Revision, not to the Revisions in the files";
  const place = { file: pinned.file, ...pinned.locate("spec.traffic", "key"), path: "spec.traffic" };
  return { objects, diagnostics: [...secrets, { severity: "warning", message, ...place }] };
}

/** Returns the diagnostics of a file in the order of the file's lines. */
function findingsOf(file: ManifestFile, all: readonly Diagnostic[]): readonly Diagnostic[] {
  const own = all.filter((diagnostic) => diagnostic.file === file.name);
  const sorted = withTemplateHints(own, file).toSorted((a, b) => a.line - b.line || a.column - b.column);
  const [last] = sorted.slice(MAX_FINDINGS);
  if (last === undefined) return sorted;
  const message = `${sorted.length - MAX_FINDINGS} more findings are not shown`;
  const severity = sorted.slice(MAX_FINDINGS).some((each) => each.severity === "error") ? "error" : "warning";
  return [
    ...sorted.slice(0, MAX_FINDINGS),
    { severity, message, file: file.name, line: last.line, column: last.column },
  ];
}

function withNamespace(object: AnyObject, namespace: string): AnyObject {
  if (object.metadata.namespace || resourceOf(kindOf(object))?.namespaced === false) return object;
  return { ...object, metadata: { ...object.metadata, namespace } };
}

function configData(
  objects: readonly ManifestObject[],
  { config, gates }: ValidationOptions,
): ReadonlyMap<string, StringMap> {
  const data = new Map<string, StringMap>();
  const merge = (name: string, more: StringMap): void => void data.set(name, { ...data.get(name), ...more });
  for (const { object } of objects) if (isClusterConfig(object)) merge(object.metadata.name, stringsOf(object.data));
  for (const [name, more] of config ?? []) merge(name, more);
  if (gates) merge("config-features", gates);
  return data;
}

/** Drops values that are not strings. Decoding the ConfigMap reports them. */
function stringsOf(data: unknown): StringMap {
  const entries = Object.entries((data ?? {}) as Readonly<Record<string, unknown>>);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

interface DiagnosticOptions {
  readonly fix?: string | undefined;
  readonly target?: PointTarget | undefined;
  /** The path to point at, if not that of the finding. */
  readonly at?: string | undefined;
}
type MakeDiagnostic = (
  severity: Diagnostic["severity"],
  path: string,
  message: string,
  options?: DiagnosticOptions,
) => Diagnostic;

function validateObject(
  item: ManifestObject,
  config: ServingConfig,
  options: ValidationOptions,
): readonly Diagnostic[] {
  const diagnostic: MakeDiagnostic = (severity, path, message, { fix, target, at } = {}) => ({
    severity,
    message,
    file: item.file,
    ...item.locate(at ?? path, target),
    path: path || undefined,
    fix,
  });
  const { object } = item;
  const strictness = options.fieldValidation ?? "strict";
  const unknown =
    strictness === "ignore"
      ? []
      : unknownFields(object).map((path) =>
          diagnostic(strictness === "warn" ? "warning" : "error", path, `unknown field ${JSON.stringify(path)}`, {
            target: "key",
          }),
        );
  return [
    ...unknown,
    ...(isData(object) ? validateData(object, diagnostic) : validateServing(object, config, diagnostic)),
  ];
}

function isData(object: AnyObject): boolean {
  return dataStructs.has(kindOf(object));
}

function validateData(object: AnyObject, diagnostic: MakeDiagnostic): readonly Diagnostic[] {
  const type = dataStructs.get(kindOf(object));
  const errors = type ? decode(type, object).errors : [];
  if (errors.length > 0) return decodeDiagnostics(errors, diagnostic);
  const isSecret = object.kind === "Secret";
  const metadata = metadataFindings(object).map(({ path, message }) =>
    diagnostic("error", path, `${path}: ${message}`, {
      fix: isSecret && path === "metadata.name" ? secretNameFix(object.metadata.name) : undefined,
    }),
  );
  if (!isClusterConfig(object)) return metadata;
  const example = exampleError(object);
  const data = object.data ?? {};
  const { errors: config } = makeServingConfig(new Map([[object.metadata.name, data]]));
  return [
    ...metadata,
    ...(example === undefined ? [] : [diagnostic("error", "data._example", example)]),
    ...config.map(({ message }) => diagnostic("error", dataPath(message, data), message)),
  ];
}

/** Returns the path of the data key that a parser's message contains. */
function dataPath(message: string, data: StringMap): string {
  const keys = Object.keys(data).filter((key) => message.includes(key));
  const key = keys.sort((a, b) => b.length - a.length)[0];
  return key === undefined ? "data" : `data.${key}`;
}

function validateServing(object: AnyObject, config: ServingConfig, diagnostic: MakeDiagnostic): readonly Diagnostic[] {
  const schema = schemaOf(kindOf(object));
  if (!schema) {
    const errors = metadataErrors(object);
    if (errors.length > 0) return decodeDiagnostics(errors, diagnostic);
    return metadataFindings(object).map(({ path, message }) => diagnostic("error", path, `${path}: ${message}`));
  }
  const pruned = pruneAndDefault(schema, object) as AnyObject;
  const request = { operation: "create" as const, config };
  const mutation = mutate({ ...request, object: pruned });
  if (mutation.decodeErrors.length > 0) return decodeDiagnostics(mutation.decodeErrors, diagnostic);
  const complete = pruneAndDefault(schema, mutation.object) as AnyObject;
  const findings = review({ ...request, object: complete });
  const paths = new Set(findings.flatMap((finding) => finding.paths));
  // If the schema and Knative's webhook report the same path, keep Knative's message: users can search for it.
  const podPath = object.kind === "Revision" ? "spec" : "spec.template.spec";
  const podSpec = object.kind === "Revision" ? complete.spec : fieldsOf(fieldsOf(complete.spec)["template"])["spec"];
  const named = podSpecFindings(podSpec, podPath);
  const structural = [...metadataFindings(complete), ...schemaFindings(schema, complete), ...named].filter(
    ({ path }) => !paths.has(path),
  );
  return [
    ...structural.map(({ path, message }) => diagnostic("error", path, `${path}: ${message}`)),
    ...findingDiagnostics(findings, podPath, diagnostic),
    ...laptopNotes(pruned, config.features).map(({ path, message }) => diagnostic("warning", path, message)),
  ];
}

function decodeDiagnostics(errors: readonly DecodeError[], diagnostic: MakeDiagnostic): readonly Diagnostic[] {
  return errors.map(({ path, message }) => {
    const isUnquoted = /cannot unmarshal (number|bool) into .* of type string$/.test(message);
    return diagnostic("error", path, message, isUnquoted ? { fix: "put the value in quotes" } : {});
  });
}

/** Returns one diagnostic per path of each error, and one per warning, at the warning's first path. */
function findingDiagnostics(findings: Findings, pod: string, diagnostic: MakeDiagnostic): readonly Diagnostic[] {
  const errors = merged(findings, "error").flatMap((finding) => {
    const paths = finding.paths.length === 0 ? [""] : finding.paths;
    return paths.map((path) => diagnostic("error", path, textAt(finding, path), optionsOf(finding, path, pod)));
  });
  const warnings = merged(findings, "warning").map((finding) =>
    diagnostic("warning", finding.paths[0] ?? "", withoutColon(findingText(finding))),
  );
  return [...errors, ...warnings];
}

function textAt(finding: Finding, path: string): string {
  return withoutColon(findingText({ ...finding, paths: path === "" ? [] : [path] }));
}

/** Knative's messages without a path end in a colon. */
function withoutColon(text: string): string {
  return text.replace(/: $/, "");
}

function optionsOf(finding: Finding, path: string, pod: string): DiagnosticOptions {
  const gate = gateOf(finding, path);
  const key = /^invalid key name "(.*)"$/.exec(finding.message)?.[1];
  const isKey = key !== undefined && path.endsWith("annotations");
  const isUnwanted = finding.message.startsWith("must not set");
  return {
    fix: gate && gateRemedy(gate),
    at: isKey ? `${path}.${key}` : path === "" && gate !== undefined ? `${pod}.${gatedField(gate)}` : undefined,
    target: isKey || isUnwanted ? "key" : "value",
  };
}
