// Chooses Docker or processes for the whole session, with a notice that tells the reason.
import { EnvironmentError } from "../base/environment-error.ts";
import { errorText } from "../base/errors.ts";
import { authFor, readDockerConfig } from "../node/image/registry-auth.ts";
import { type DiskState, watchDisk } from "../node/runtime/disk-watch.ts";
import { fixForNoEngine } from "../node/runtime/docker/engine-error.ts";
import { describeProcessGaps } from "../node/runtime/process/process-gaps-spec.ts";
import { type ContainerRuntime, RuntimeError } from "../node/runtime/runtime.ts";
import type { EmulatorOptions } from "./options.ts";

/** Time limit for asking a registry whether it has an image. */
const REGISTRY_TIMEOUT_MS = 5000;

export interface ChosenRuntime {
  readonly runtime: ContainerRuntime;
  readonly name: "docker" | "process";
  readonly notices: readonly string[];
}

/**
 * Opens the runtime that `--runtime` demands. `onDisk` receives the state of the disk after each write. Rejects with an
 * {@link EnvironmentError} if `--runtime docker` is given and the engine is unreachable.
 */
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
    `services run as processes: image "${missing.image}" is not local and cannot be pulled (${missing.why})`,
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
  return { runtime, name: "process", notices: [...notices, describeIgnored(options)] };
}

/** Names the manifest settings that the process runtime ignores. */
function describeIgnored({ services = [], commands }: EmulatorOptions): string {
  const gaps = describeProcessGaps(services, (service) => commands.has(service));
  const port = "each instance gets its own free PORT";
  if (gaps.length === 0) return `${port}; images, limits, users and volumes are ignored`;
  return [`${port}, and these settings are ignored:`, ...gaps.map((gap) => `    ${gap}`)].join("\n");
}

function everyServiceHasCommand({ images, commands }: EmulatorOptions): boolean {
  return images.length > 0 && images.every(({ service }) => commands.has(service));
}

async function firstMissingImage(
  runtime: ContainerRuntime,
  images: EmulatorOptions["images"],
): Promise<{ readonly image: string; readonly why: string } | undefined> {
  const needed = new Set(images.flatMap(({ image, bases }) => bases ?? [image]));
  const answers = await Promise.all(
    [...needed].map(async (image) => ({ image, why: await whyMissing(runtime, image) })),
  );
  return answers.find((answer): answer is { image: string; why: string } => answer.why !== undefined);
}

/** Resolves with undefined if the image is local or its registry has it. */
async function whyMissing(runtime: ContainerRuntime, image: string): Promise<string | undefined> {
  try {
    if (await runtime.images.inspect(image)) return undefined;
    const auth = await authFor(image, [await readDockerConfig(process.env)]);
    await withTimeout(runtime.images.digest(image, auth));
    return undefined;
  } catch (error) {
    return errorText(error);
  }
}

async function withTimeout<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("its registry does not answer")), REGISTRY_TIMEOUT_MS);
  });
  try {
    return await Promise.race([answer, timeout]);
  } finally {
    clearTimeout(timer);
    answer.catch(() => {});
  }
}

function noEngine(error: RuntimeError): EnvironmentError {
  return new EnvironmentError("NO_ENGINE", "no container engine", error.message, fixForNoEngine(error));
}
