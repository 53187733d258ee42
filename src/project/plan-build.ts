// Plans how the image of a Service is built, from `build` of knap.yaml.
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { StringMap } from "../apis/meta/object.ts";
import type { BuildSettingsText } from "./build-schema.ts";
import type { BuildPlan, DockerfileBuild } from "./project.ts";
import { readTextFile } from "./read-text.ts";

export interface BuildPlace {
  /** Folder of knap.yaml; its paths are relative to it. */
  readonly folder: string;
  /** Absolute path of knap.yaml. */
  readonly file: string;
  /** Arguments and labels without a value have that of the variable of the same name. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Resolves with the plan. A Dockerfile that cannot be read has no base images. */
export async function planBuild(build: BuildSettingsText, { folder, file, env }: BuildPlace): Promise<BuildPlan> {
  const context = resolve(folder, build.context);
  if (build.command !== undefined) return { command: build.command, context, bases: [] };
  const inline = build.dockerfile_inline;
  return withBases({
    context,
    dockerfile: inline === undefined ? resolve(context, build.dockerfile ?? "Dockerfile") : file,
    inline,
    target: build.target,
    args: givenValues(build.args, env),
    cacheFrom: build.cache_from,
    platform: build.platforms?.[0],
    noCache: build.no_cache,
    pull: build.pull,
    network: build.network,
    extraHosts: build.extra_hosts,
    shmBytes: build.shm_size,
    labels: givenValues(build.labels, env),
    secrets: build.secrets?.map(({ id, file: path, environment = "" }) =>
      path === undefined ? { id, environment } : { id, file: fileIn(folder, path) },
    ),
    ssh: build.ssh?.map(({ id, path }) => ({ id, path: path && fileIn(folder, path) })),
  });
}

/** Secrets and sockets are often in the home folder. */
function fileIn(folder: string, path: string): string {
  return path.startsWith("~/") ? join(homedir(), path.slice(2)) : resolve(folder, path);
}

/** A name without a value and without a variable is left out, so that the default of the Dockerfile holds. */
export function givenValues(pairs: BuildSettingsText["args"], env: BuildPlace["env"]): StringMap {
  const values = Object.entries(pairs ?? {}).map(([name, value]) => [name, value ?? env[name]] as const);
  return Object.fromEntries(values.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

/** Adds the images that the Dockerfile starts from. */
export async function withBases(plan: Omit<DockerfileBuild, "bases">): Promise<DockerfileBuild> {
  const text = await dockerfileText(plan);
  if (text === undefined) return { ...plan, bases: [] };
  const { baseImages } = await import("./dockerfile.ts");
  return { ...plan, bases: baseImages(text, plan) };
}

/** Resolves with the text of a Dockerfile; undefined if it cannot be read. */
export async function dockerfileText({
  dockerfile,
  inline,
}: Pick<DockerfileBuild, "dockerfile" | "inline">): Promise<string | undefined> {
  return inline ?? readTextFile(dockerfile).catch(() => undefined);
}
