// Plans per Service how its image is built and how it starts as a process, from knap.yaml and the Dockerfile.
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { servingContainer } from "../apis/core/pod.ts";
import { namespacedName } from "../apis/meta/key.ts";
import type { Service } from "../apis/serving/types.ts";
import type { ProjectFinding } from "../manifest/diagnostic.ts";
import { isFilePath, type ManifestSource } from "./find-files.ts";
import { type BuildPlace, dockerfileText, planBuild, withBases } from "./plan-build.ts";
import { planDevelop } from "./plan-develop.ts";
import type { BuildPlan, ProjectService, ServiceStart } from "./project.ts";
import type { ServiceSettings } from "./project-file.ts";

export interface ServicePlace extends BuildPlace {
  readonly source: ManifestSource;
  readonly settings: ServiceSettings | undefined;
  /** No other Service is in the folder of this manifest, so a Dockerfile there belongs to this Service. */
  readonly alone: boolean;
  /** Returns the place of a field of knap.yaml; `line` is a line of the text of the field. */
  placeOf(path: string, line?: number): FilePlace;
}

export type FilePlace = Pick<ProjectFinding, "file" | "line" | "column">;

/** Registries that Knative never asks. Their images are built or loaded, never pulled. */
const LOCAL_REGISTRY = /^(dev|ko|kind)\.local\//;

const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isFile() ?? false;

/**
 * Resolves with the build plan: `build` of knap.yaml; without it, the Dockerfile beside the manifest, if no registry
 * can have the image.
 */
async function buildOf(image: string, place: ServicePlace): Promise<BuildPlan | undefined> {
  const build = place.settings?.build;
  if (build !== undefined) return planBuild(build, place);
  const context = dirname(place.source.path);
  const dockerfile = join(context, "Dockerfile");
  const isUsable = place.alone && isFilePath(place.source.path) && LOCAL_REGISTRY.test(image);
  return isUsable && (await isFile(dockerfile)) ? withBases({ context, dockerfile, args: {} }) : undefined;
}

/**
 * Resolves with `command` of knap.yaml, else the command of the Dockerfile, which may be beside the manifest without a
 * `build`.
 */
async function planStart(build: BuildPlan | undefined, place: ServicePlace): Promise<ServiceStart | undefined> {
  const manifestFolder = dirname(place.source.path);
  const command = place.settings?.command;
  const folder = build?.context ?? (command ? place.folder : manifestFolder);
  if (command !== undefined) return { command, folder, env: {} };
  if (build === undefined && !place.alone) return undefined;
  if (build?.command !== undefined) return undefined;
  const text = await dockerfileText(build ?? { dockerfile: join(manifestFolder, "Dockerfile") });
  if (text === undefined) return undefined;
  const { inferCommand, readDockerfile } = await import("./dockerfile.ts");
  const facts = readDockerfile(text, build);
  const inferred = facts && inferCommand(facts);
  return inferred && { ...inferred, folder };
}

/** Resolves with the field of `build` whose file or folder does not exist. */
async function missingPart(build: BuildPlan | undefined) {
  if (build === undefined) return undefined;
  const context = await stat(build.context).catch(() => undefined);
  if (!context?.isDirectory()) return { field: "context", what: `context ${build.context}` };
  const { dockerfile } = build;
  if (dockerfile === undefined || (await isFile(dockerfile))) return undefined;
  return { field: "dockerfile", what: `Dockerfile ${dockerfile}` };
}

/** Resolves with how one Service of the files is built and started. */
export async function planService(
  service: Service,
  place: ServicePlace,
): Promise<{ readonly service: ProjectService; readonly findings: readonly ProjectFinding[] }> {
  const key = namespacedName({ namespace: service.metadata.namespace ?? "default", name: service.metadata.name });
  const image = servingContainer(service.spec?.template?.spec?.containers ?? [])?.image ?? "";
  const build = await buildOf(image, place);
  const buildPath = `services.${service.metadata.name}.build`;
  const placeOf = (field: string, line?: number) => place.placeOf(`${buildPath}.${field}`, line);
  const findings: ProjectFinding[] = [];
  const missing = await missingPart(build);
  if (missing !== undefined) {
    const message = `the build of "${service.metadata.name}" needs the ${missing.what}, which does not exist`;
    const where = place.settings?.build ? placeOf(missing.field) : { file: place.source.file };
    findings.push({ severity: "error", message, ...where });
  }
  const start = await planStart(build, place);
  const { settings, folder: home, env } = place;
  const developed = await planDevelop({ service, folder: home, env, settings: settings?.develop, build, start });
  for (const { path, ...found } of developed.findings) {
    const field = `services.${service.metadata.name}.develop.${path}`;
    findings.push({ ...found, message: `${field}: ${found.message}`, ...place.placeOf(field) });
  }
  const folder = place.source.path === "-" ? undefined : dirname(place.source.path);
  const buildPlace =
    place.settings?.build &&
    ((field: string, textLine?: number) => {
      const { file, line, column } = placeOf(field, textLine);
      return [file, line, column].filter((part) => part !== undefined).join(":");
    });
  const develop = developed.plan;
  return { service: { key, object: service, folder, image, build, buildPlace, start, develop }, findings };
}
