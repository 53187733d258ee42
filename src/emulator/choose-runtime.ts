// Docker or processes, for the whole session: decided once, before the first container, with the reason in words.

import { EnvironmentError } from "../base/environment-error.ts";
import { errorText } from "../base/errors.ts";
import { authFor, readDockerConfig } from "../node/image/registry-auth.ts";
import { type DiskState, watchDisk } from "../node/runtime/disk-watch.ts";
import { fixForNoEngine } from "../node/runtime/docker/engine-error.ts";
import { describeProcessGaps } from "../node/runtime/process/process-gaps-spec.ts";
import { type ContainerRuntime, RuntimeError } from "../node/runtime/runtime.ts";
import type { EmulatorOptions } from "./options.ts";

/** How long a registry may take to say whether it has an image. */
const REGISTRY_PATIENCE_MS = 5000;

export interface ChosenRuntime {
  readonly runtime: ContainerRuntime;
  readonly name: "docker" | "process";
  readonly notices: readonly string[];
}

/** Opens a runtime as `--runtime` says; `onDisk` hears whether its disk has room. Rejects with an {@link EnvironmentError} when Docker is wanted and does not answer. */
export async function chooseRuntime(
  options: EmulatorOptions & { readonly onDisk: (state: DiskState) => void },
): Promise<ChosenRuntime> {
  const chosen = await choose(options);
  return { ...chosen, runtime: watchDisk(chosen.runtime, options.onDisk) };
}

async function choose(options: EmulatorOptions): Promise<ChosenRuntime> {
  if (options.runtime === "process") return openProcesses(options, []);
  const docker = await openDocker(options);
  if (docker instanceof RuntimeError) {
    if (options.runtime === "docker") throw noEngine(docker);
    return openProcesses(options, [`services run as processes: no container engine answers (${docker.message})`]);
  }
  if (options.runtime === "docker" || !everyServiceHasCommand(options))
    return { runtime: docker, name: "docker", notices: [] };
  const missing = await firstMissingImage(docker, options.images);
  if (!missing) return { runtime: docker, name: "docker", notices: [] };
  await docker.close();
  return openProcesses(options, [
    `services run as processes: image "${missing.image}" is not here and cannot be pulled (${missing.why})`,
  ]);
}

async function openDocker({ containerAddress }: EmulatorOptions): Promise<ContainerRuntime | RuntimeError> {
  const { openDockerRuntime } = await import("../node/runtime/docker/docker-runtime.ts");
  try {
    return await openDockerRuntime(containerAddress ? { address: containerAddress } : {});
  } catch (error) {
    if (error instanceof RuntimeError) return error;
    throw error;
  }
}

async function openProcesses(options: EmulatorOptions, notices: readonly string[]): Promise<ChosenRuntime> {
  const { openProcessRuntime } = await import("../node/runtime/process/process-runtime.ts");
  const runtime = openProcessRuntime({ session: options.sessionId, folder: options.sessionFolder });
  return { runtime, name: "process", notices: [...notices, deviations(options)] };
}

/** What is other than in containers, of the Services that the files name. */
function deviations({ services = [], commands }: EmulatorOptions): string {
  const gaps = describeProcessGaps(services, (service) => commands.has(service));
  const port = "each instance gets a free PORT of its own";
  if (gaps.length === 0) return `${port}; images, limits, users and volumes do not apply`;
  return [`${port}, and what only a container gives does not apply:`, ...gaps.map((gap) => `    ${gap}`)].join("\n");
}

function everyServiceHasCommand({ images, commands }: EmulatorOptions): boolean {
  return images.length > 0 && images.every(({ service }) => commands.has(service));
}

async function firstMissingImage(
  runtime: ContainerRuntime,
  images: EmulatorOptions["images"],
): Promise<{ readonly image: string; readonly why: string } | undefined> {
  const needed = new Set(images.flatMap(({ image, bases }) => bases ?? [image]));
  const verdicts = await Promise.all(
    [...needed].map(async (image) => ({ image, why: await whyMissing(runtime, image) })),
  );
  return verdicts.find((verdict): verdict is { image: string; why: string } => verdict.why !== undefined);
}

/** undefined: it is here, or its registry has it. */
async function whyMissing(runtime: ContainerRuntime, image: string): Promise<string | undefined> {
  try {
    if (await runtime.images.inspect(image)) return undefined;
    const auth = await authFor(image, [await readDockerConfig(process.env)]);
    await withPatience(runtime.images.digest(image, auth));
    return undefined;
  } catch (error) {
    return errorText(error);
  }
}

async function withPatience<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("its registry does not answer")), REGISTRY_PATIENCE_MS);
  });
  try {
    return await Promise.race([answer, tooLong]);
  } finally {
    clearTimeout(timer);
    answer.catch(() => {});
  }
}

function noEngine(error: RuntimeError): EnvironmentError {
  return new EnvironmentError("no container engine", error.message, fixForNoEngine(error));
}
