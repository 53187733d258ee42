// Builds images with BuildKit or the classic builder of a Docker engine.
import { release } from "node:os";
import type { Readable } from "node:stream";
import type Docker from "dockerode";
import { BuildError } from "../build-error.ts";
import type { BuildRequest, RegistryAccess } from "../build-request.ts";
import type { RuntimeError } from "../runtime.ts";
import { openBuildSession } from "./build-session.ts";
import { BuildTrace } from "./buildkit-trace.ts";
import type { ClassicLayers } from "./classic-layers.ts";
import { ClassicOutput } from "./classic-output.ts";
import { dialEngine } from "./dial-engine.ts";
import { canEmulate } from "./emulators.ts";
import { fromEngineText, toRuntimeError } from "./engine-error.ts";
import { readJsonLines } from "./json-lines.ts";
import type { ProgressLine } from "./progress-line.ts";

/** What the engine's builder can do. */
export interface EngineBuilder {
  /** "2" is BuildKit, "1" the classic builder. */
  readonly version: "1" | "2";
  readonly hasShmSize: boolean;
}

/** The engine, and what is known of its earlier builds. */
export interface BuildEngine {
  readonly docker: Docker;
  readonly layers: ClassicLayers;
}

/** Rejects with a {@link BuildError} that names the setting that the engine does not have, or the step that failed. */
export async function buildOnEngine(
  { docker, layers }: BuildEngine,
  builder: EngineBuilder,
  request: BuildRequest,
): Promise<{ id: string }> {
  const { signal, tag } = request;
  const repository = tag.replace(/:[^/:]*$/, "");
  const classic = new ClassicOutput(request.onStep);
  refuseUnknown(builder, request);
  await refuseForeignPlatform(docker, builder, request.platform);
  const session = builder.version === "2" ? await openBuildSession(docker, request) : undefined;
  try {
    signal?.throwIfAborted();
    const stream = await dialEngine<Readable>(docker, {
      path: "/build?",
      method: "POST",
      isStream: true,
      file: request.context,
      ...(session === undefined && { registryconfig: await registryConfig(request.registries) }),
      options: { ...queryOf(request), version: builder.version, ...(session && { session: session.id }) },
      ...(signal && { abortSignal: signal }),
    });
    await followBuild(stream, request, classic);
    // Images that stay cost only space.
    await layers.replace(repository, classic.images).catch(() => {});
  } catch (failure) {
    layers.keep(repository, classic.images);
    throw failure instanceof BuildError ? failure : buildError(toRuntimeError(failure, `building ${tag}`), undefined);
  } finally {
    session?.close();
  }
  return { id: (await docker.getImage(tag).inspect()).Id };
}

/** The classic builder gets all credentials at the start. */
async function registryConfig(access: RegistryAccess | undefined): Promise<object> {
  const found = await Promise.all((access?.hosts ?? []).map((host) => access?.credentials(host)));
  const known = found.filter((auth) => auth !== undefined);
  return Object.fromEntries(
    known.map(({ serverAddress, username, password, identityToken }) => [
      serverAddress,
      { username, password, identitytoken: identityToken },
    ]),
  );
}

/** The parameters of the engine's build call. The client library also writes those that are undefined. */
function queryOf(request: BuildRequest): Readonly<Record<string, unknown>> {
  const { target, args, cacheFrom, platform, noCache, pull, network, extraHosts, shmBytes } = request;
  return {
    t: request.tag,
    dockerfile: request.dockerfile,
    labels: { ...request.labels },
    rm: true,
    forcerm: true,
    ...(target && { target }),
    ...(args && { buildargs: { ...args } }),
    ...(cacheFrom && { cachefrom: JSON.stringify(cacheFrom) }),
    ...(platform && { platform }),
    ...(noCache && { nocache: true }),
    ...(pull && { pull: true }),
    ...(network && { networkmode: network }),
    ...(extraHosts && { extrahosts: extraHosts }),
    ...(shmBytes && { shmsize: shmBytes }),
  };
}

/** BuildKit ignores some parameters without a message. */
function refuseUnknown({ version, hasShmSize }: EngineBuilder, request: BuildRequest): void {
  const { secrets = [], agents = [], network = "default", shmBytes } = request;
  const isClassic = version === "1";
  const refuse = (setting: string, message: string): never => {
    throw new BuildError("invalid", message, { setting });
  };
  if (isClassic && secrets.length > 0) refuse("secrets", `secrets ${NO_BUILDKIT}`);
  if (isClassic && agents.length > 0) refuse("ssh", `ssh ${NO_BUILDKIT}`);
  if (!isClassic && !["default", "host", "none"].includes(network))
    refuse("network", `BuildKit has the networks default, host and none, not "${network}"`);
  if (!hasShmSize && shmBytes !== undefined)
    refuse("shm_size", "BuildKit of this engine cannot set the size of /dev/shm; that of Docker 23 can");
}

const NO_BUILDKIT = "needs BuildKit, which this engine does not have or DOCKER_BUILDKIT=0 turns off";

/** Architectures that run on another one without an emulator. */
const COMPATIBLE: Readonly<Record<string, readonly string[]>> = { amd64: ["386"], arm64: ["arm"] };

/**
 * Refuses a platform whose programs this machine's engine cannot run. Engines in a virtual machine bring emulators, so
 * they are not checked.
 */
async function refuseForeignPlatform(
  docker: Docker,
  { version }: EngineBuilder,
  platform: string | undefined,
): Promise<void> {
  if (platform === undefined) return;
  const [os = "", architecture = ""] = platform.split("/");
  const engine = await docker.version();
  const own = [engine.Arch, ...(COMPATIBLE[engine.Arch] ?? [])];
  if (os === engine.Os && own.includes(architecture)) return;
  // If knap cannot know, BuildKit finds out. The classic builder takes a local base image of another platform.
  const isRunnable = !isOnThisKernel(engine.KernelVersion) || (canEmulate(architecture) ?? version === "2");
  if (os === engine.Os && isRunnable) return;
  const message = `this engine runs ${engine.Os}/${engine.Arch} and cannot run ${platform}: leave platforms out, or install an emulator (qemu-user-static, binfmt)`;
  throw new BuildError("platform", message, { setting: "platforms" });
}

function isOnThisKernel(version: string | undefined): boolean {
  return process.platform === "linux" && version === release();
}

const NO_TARGET = /target stage .* could not be found|failed to reach build target/;

function buildError({ code, message, cause }: RuntimeError, step: string | undefined): BuildError {
  return new BuildError(code, message, { step, cause, setting: NO_TARGET.test(message) ? "target" : undefined });
}

/** Passes the build's output to `onOutput` and `onStep`. Throws when the stream reports an error. */
async function followBuild(
  stream: Readable,
  { tag, onOutput, onStep }: BuildRequest,
  classic: ClassicOutput,
): Promise<void> {
  const trace = new BuildTrace(onStep);
  for await (const { id, aux, stream: text, status, error } of readJsonLines<ProgressLine>(stream)) {
    if (error) {
      throw buildError(fromEngineText(error, `building ${tag}`), trace.failedStep ?? classic.step);
    }
    const isTrace = id === "moby.buildkit.trace" && typeof aux === "string";
    for (const line of isTrace ? trace.read(aux) : classic.read(text ?? status ?? "")) onOutput?.(line);
  }
}
