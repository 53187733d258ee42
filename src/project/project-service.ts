// Per Service: how its image is built and how a process of it is started, from knap.yaml and the Dockerfile. Reads Dockerfiles, decides nothing about runtimes.
import { readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { servingContainer } from "../apis/core/pod.ts";
import type { Service } from "../apis/serving/types.ts";
import type { ProjectFinding } from "../manifest/diagnostic.ts";
import { baseImages, inferCommand, readDockerfile } from "./dockerfile.ts";
import type { ManifestSource } from "./find-files.ts";
import type { BuildPlan, ProjectService, StartCommand } from "./project.ts";
import type { ServiceSettings } from "./project-file.ts";

interface Place {
  readonly source: ManifestSource;
  /** Folder of knap.yaml: what its paths are relative to. */
  readonly folder: string;
  readonly settings: ServiceSettings | undefined;
  /** No other Service stands in this file's folder, so a Dockerfile beside it can only be its own. */
  readonly alone: boolean;
}

/** Names no registry serves: an image of theirs is built or loaded, never pulled. */
const LOCAL_REGISTRY = /^(dev|ko|kind)\.local\//;

const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isFile() ?? false;

/** knap.yaml's `build`. Without one: the Dockerfile beside the manifest, where the image can come from nowhere else. */
async function planBuild(image: string, place: Place): Promise<BuildPlan | undefined> {
  const build = place.settings?.build;
  if (build === undefined) {
    const context = dirname(place.source.path);
    const dockerfile = join(context, "Dockerfile");
    const usable = place.alone && place.source.path !== "-" && LOCAL_REGISTRY.test(image);
    return usable && (await isFile(dockerfile)) ? withBases({ context, dockerfile, args: {} }) : undefined;
  }
  const context = resolve(place.folder, build.context);
  const {
    dockerfile = "Dockerfile",
    target,
    args = {},
  } = build as Exclude<typeof build, { context: string; dockerfile?: never }>;
  return withBases({
    context,
    dockerfile: resolve(context, dockerfile),
    args,
    ...(target !== undefined && { target }),
  });
}

async function withBases(plan: Omit<BuildPlan, "bases">): Promise<BuildPlan> {
  const text = await readFile(plan.dockerfile, "utf8").catch(() => "");
  return { ...plan, bases: baseImages(text, plan) };
}

/** knap.yaml's `command`, else the Dockerfile's; the Dockerfile beside the manifest counts even where nothing is built. */
async function planStart(build: BuildPlan | undefined, place: Place): Promise<StartCommand | undefined> {
  const beside = dirname(place.source.path);
  const folder = build?.context ?? (place.settings?.command ? place.folder : beside);
  const command = place.settings?.command;
  if (command !== undefined) return { command, folder, env: {} };
  if (build === undefined && !place.alone) return undefined;
  const text = await readFile(build?.dockerfile ?? join(beside, "Dockerfile"), "utf8").catch(() => undefined);
  const facts = text === undefined ? undefined : readDockerfile(text, build ?? {});
  const inferred = facts && inferCommand(facts);
  return inferred && { ...inferred, folder };
}

/** All that knap knows about running one Service of the files. */
export async function planService(
  service: Service,
  place: Place,
): Promise<{ readonly service: ProjectService; readonly findings: readonly ProjectFinding[] }> {
  const key = `${service.metadata.namespace}/${service.metadata.name}`;
  const image = servingContainer(service.spec?.template?.spec?.containers ?? [])?.image ?? "";
  const build = await planBuild(image, place);
  const findings: ProjectFinding[] = [];
  if (build !== undefined && !(await isFile(build.dockerfile))) {
    const message = `the build of "${service.metadata.name}" needs a Dockerfile, and ${build.dockerfile} is none`;
    findings.push({ severity: "error", message, file: place.source.file });
  }
  const start = await planStart(build, place);
  return { service: { key, object: service, image, ...(build && { build }), ...(start && { start }) }, findings };
}
