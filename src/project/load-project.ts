// Loads a project: knap.yaml, manifests, secrets and Dockerfiles. Errors in these files are findings, never exceptions.
import { lstat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { isClusterConfig, SYSTEM_NAMESPACE } from "../apis/config/serving-config.ts";
import type { ConfigMap } from "../apis/core/types.ts";
import { keyOf, keyText } from "../apis/meta/key.ts";
import type { AnyObject, StringMap } from "../apis/meta/object.ts";
import type { Service } from "../apis/serving/types.ts";
import type { ProjectFinding } from "../manifest/diagnostic.ts";
import type { ManifestMode } from "../manifest/read-manifest.ts";
import { type ValidationOptions, validateFiles } from "../manifest/validate-files.ts";
import { displayPath, findFiles, type ManifestSource, projectFileCandidates, unreadable } from "./find-files.ts";
import { isKnativeService, overlayObjects, overlaySettings, type ProjectOverlay } from "./overlay.ts";
import type { BuildPlace } from "./plan-build.ts";
import type { Project, ProjectService } from "./project.ts";
import { type ParsedProjectFile, type ProjectFile, parseProjectFile } from "./project-file.ts";
import { type FilePlace, planService, type ServicePlace } from "./project-service.ts";
import { fetchText, readTextFile } from "./read-text.ts";
import { readSecrets } from "./secrets.ts";

export interface ProjectRequest {
  readonly cwd: string;
  /** `-f` / KNAP_FILE; empty: discover files. */
  readonly files: readonly string[];
  /** `-n` / KNAP_NAMESPACE; undefined: knap.yaml's, else `default`. */
  readonly namespace: string | undefined;
  /** Default of `fieldValidation`: knap.yaml's `validate`, else `strict`. */
  readonly strictness: Omit<Strictness, "fieldValidation"> & {
    readonly fieldValidation?: Strictness["fieldValidation"] | undefined;
  };
  /** Folders of `-k`. */
  readonly kustomize?: readonly string[] | undefined;
  /** `--traffic` / KNAP_TRAFFIC; undefined: knap.yaml's, else `manifest`. */
  readonly traffic?: ProjectFile["traffic"];
  /** The environment of knap, for build arguments without a value. */
  readonly env?: BuildPlace["env"] | undefined;
  /** See {@link findFiles}. */
  readonly absent?: "error" | "left-out" | undefined;
  /** Settings that come before those of knap.yaml. */
  readonly overlay?: ProjectOverlay | undefined;
  readonly readStdin: () => Promise<string>;
  /** Default: the URL is fetched. */
  readonly readUrl?: ((url: string) => Promise<string>) | undefined;
}

async function readSettings(cwd: string, files: readonly string[]) {
  for (const path of projectFileCandidates(cwd, files)) {
    const file = displayPath(cwd, path);
    const text = await readTextFile(path).catch((error: Error) => error);
    const place = { path, folder: dirname(path), texts: [], placeOf: () => ({ file }) };
    if (text instanceof Error) {
      // No such file, or a folder: try the next candidate.
      const there = await lstat(path).catch(() => undefined);
      if (there === undefined || there.isDirectory()) continue;
      return { ...place, settings: {} as ProjectFile, findings: [unreadable(text, file)] };
    }
    const { value = {}, findings, positionOf } = parseProjectFile(text, file);
    const placeOf = placesIn({ file, text }, positionOf);
    return { ...place, settings: value as ProjectFile, findings, texts: [{ path, file, text }], placeOf };
  }
  return {
    path: undefined,
    folder: cwd,
    settings: {} as ProjectFile,
    findings: [],
    texts: [],
    placeOf: () => ({ file: "knap.yaml" }),
  };
}

/** Returns the function that gives the place of a field of knap.yaml, or of a line of its text. */
function placesIn(
  { file, text }: { readonly file: string; readonly text: string },
  positionOf: ParsedProjectFile["positionOf"],
) {
  const lines = text.split(/\r?\n/);
  return (path: string, line?: number): FilePlace => {
    const at = positionOf?.(path);
    if (at === undefined) return { file };
    // Only the lines of a block (`|`) are lines of the file.
    const isBlock = /[|][-+\d]*\s*(#.*)?$/.test(lines[at.line - 1] ?? "");
    return line !== undefined && isBlock ? { file, line: at.line + line } : { file, ...at };
  };
}

/** Warns of Services in knap.yaml that no file defines, unless `-f` selects only some of its files. */
function unknownServices(
  services: readonly ProjectService[],
  { settings, path, folder }: Awaited<ReturnType<typeof readSettings>>,
  { cwd, files }: ProjectRequest,
): readonly ProjectFinding[] {
  const isWhole = files.length === 0 || files.some((name) => resolve(cwd, name) === folder);
  if (path === undefined || !isWhole) return [];
  const known = new Set(services.map(({ object }) => object.metadata.name));
  const names = Object.keys(settings.services ?? {}).filter((name) => !known.has(name));
  const file = displayPath(cwd, path);
  return names.map((name) => ({
    severity: "warning",
    message: `services.${name}: no file defines a Service "${name}"`,
    file,
  }));
}

async function planServices(
  objects: readonly ReadObject[],
  {
    settings,
    ...place
  }: Pick<ServicePlace, "folder" | "file" | "env" | "placeOf"> & { readonly settings: ProjectFile },
) {
  // Of a Service that is defined several times, the last document counts.
  const byName = new Map(
    objects
      .filter((read): read is ReadObject & { object: Service } => isKnativeService(read.object))
      .map((read) => [keyText(keyOf(read.object)), read]),
  );
  const found = [...byName.values()];
  const plans = found.map(({ object, source }) =>
    planService(object, {
      ...place,
      source,
      settings: settings.services?.[object.metadata.name],
      alone: found.filter((other) => dirname(other.source.path) === dirname(source.path)).length === 1,
    }),
  );
  const planned = await Promise.all(plans);
  const services = planned.map(({ service }) => service);
  return { services, findings: planned.flatMap(({ findings }) => findings), paths: services.flatMap(secretFiles) };
}

/** A build that fails because one of these files is missing starts again when it is there. */
function secretFiles({ build }: ProjectService): readonly string[] {
  const secrets = build?.command === undefined ? (build?.secrets ?? []) : [];
  return secrets.flatMap((secret) => ("file" in secret ? [secret.file] : []));
}

/** Loads the project that the request selects. {@link hasErrors} tells whether the project is usable. */
export async function loadProject(request: ProjectRequest): Promise<Project> {
  const read = await readSettings(request.cwd, request.files);
  const { path, folder, findings } = read;
  const given = overlaySettings(read.settings, request.overlay);
  const namespace = request.namespace ?? given.namespace ?? "default";
  const found = await findFiles({
    cwd: request.cwd,
    given: request.files,
    project: { folder, files: given.files ?? [] },
    kustomize: request.kustomize,
    readStdin: request.readStdin,
    readUrl: request.readUrl ?? fetchText,
    absent: request.absent,
  });
  const manifests = readManifests(found.sources, {
    ...request.strictness,
    fieldValidation: request.strictness.fieldValidation ?? given.validate ?? "strict",
    namespace,
    config: dataByName(mergeClusterConfig([], given.config ?? {})),
    traffic: request.traffic ?? given.traffic,
    secretNames: new Map(Object.entries(given.secrets ?? {}).map(([key, { as = key }]) => [key, as])),
  });
  const { settings, objects: named, ...overlaid } = overlayObjects(given, manifests.objects, request.overlay);
  const secrets = await readSecrets(given.secrets ?? {}, { folder, namespace });
  const config = mergeClusterConfig(named.map(({ object }) => object).filter(isClusterConfig), given.config ?? {});
  const others = named.map(({ object }) => object).filter((object) => !isClusterConfig(object));
  const batch = [...config, ...secrets.objects, ...others];
  const place = { ...read, settings, file: path ?? "", env: request.env ?? process.env };
  const planned = await planServices(named, place);
  return {
    folder,
    file: path,
    settings,
    namespace,
    sources: found.sources,
    texts: [...read.texts, ...found.sources],
    objects: applyOrder([...missingNamespaces(batch), ...batch]),
    services: planned.services,
    configMaps: dataByName(config),
    findings: [
      ...findings,
      ...found.findings,
      ...manifests.findings,
      ...overlaid.findings,
      ...secrets.findings,
      ...planned.findings,
      ...unknownServices(planned.services, read, request),
    ],
    inputs: [
      ...(path === undefined ? [] : [path]),
      ...found.paths.filter((each) => each !== "-"),
      ...secrets.paths,
      ...planned.paths,
    ],
    manifestFolders: found.folders,
  };
}

/** Merges knap.yaml's `config` into the files' ConfigMaps: key `autoscaler` goes into ConfigMap `config-autoscaler`. */
function mergeClusterConfig(
  documents: readonly ConfigMap[],
  settings: Readonly<Record<string, StringMap>>,
): readonly ConfigMap[] {
  const merged = new Map<string, ConfigMap>(documents.map((map) => [map.metadata.name, map]));
  for (const [short, data] of Object.entries(settings)) {
    const name = short.startsWith("config-") ? short : `config-${short}`;
    const before = merged.get(name);
    merged.set(
      name,
      before === undefined
        ? { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: SYSTEM_NAMESPACE }, data }
        : { ...before, data: { ...before.data, ...data } },
    );
  }
  return [...merged.values()];
}

function dataByName(maps: readonly ConfigMap[]): ReadonlyMap<string, StringMap> {
  return new Map(maps.map((map) => [map.metadata.name, map.data ?? {}]));
}

/** Kinds that Pods refer to or that limit Pods. */
const NEEDED: readonly string[] = ["ConfigMap", "Secret", "ServiceAccount", "ResourceQuota", "PersistentVolumeClaim"];

/** Returns the order of application: cluster configuration, namespaces, what Pods need, the rest. */
function rank(object: AnyObject): number {
  if (isClusterConfig(object)) return 0;
  if (object.apiVersion !== "v1") return 3;
  if (object.kind === "Namespace") return 1;
  return NEEDED.includes(object.kind) ? 2 : 3;
}

/** Objects of the same rank keep their order. */
function applyOrder(objects: readonly AnyObject[]): readonly AnyObject[] {
  return objects
    .map((object) => ({ object, rank: rank(object) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ object }) => object);
}

/** Namespaces that objects are in, that no file defines and that no session has from the start. */
function missingNamespaces(objects: readonly AnyObject[]): readonly AnyObject[] {
  const brought = objects.filter(({ apiVersion, kind }) => apiVersion === "v1" && kind === "Namespace");
  const known = new Set(["default", SYSTEM_NAMESPACE, ...brought.map(({ metadata }) => metadata.name)]);
  const used = new Set(objects.map(({ metadata }) => metadata.namespace).filter((name) => name !== undefined));
  return [...used]
    .filter((name) => !known.has(name))
    .map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } }));
}

/** An object and the file it came from. */
interface ReadObject {
  readonly object: AnyObject;
  readonly source: ManifestSource;
}

interface ReadManifests {
  readonly objects: readonly ReadObject[];
  readonly findings: readonly ProjectFinding[];
}

/** How strictly files are validated. */
export interface Strictness {
  /** `validate` refuses documents of removed API versions, `up` runs them with a warning. */
  readonly mode: ManifestMode;
  /** Unknown fields are refused, reported or dropped, as with `kubectl --validate`. */
  readonly fieldValidation: "strict" | "warn" | "ignore";
  /** Feature gates that override those of the files. */
  readonly gates?: StringMap | undefined;
}

function readManifests(sources: readonly ManifestSource[], at: ValidationOptions): ReadManifests {
  const byName = new Map(sources.map((source) => [source.file, source]));
  const files = sources.map(({ file, text }) => ({ name: file, text }));
  const { objects, diagnostics } = validateFiles(files, at);
  const found = objects.map(({ object, file }) => ({ object, source: byName.get(file) as ManifestSource }));
  return { objects: found, findings: diagnostics };
}
