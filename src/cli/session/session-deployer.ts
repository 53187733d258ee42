// Makes the deployer of a session. With Docker it builds images; otherwise it sets start commands of processes.
import { join } from "node:path";
import { silentLogger } from "../../base/logger.ts";
import { monotonicClock } from "../../base/monotonic-clock.ts";
import type { Client } from "../../client/client.ts";
import { Deployer, type DeployerParts } from "../../dev/deployer.ts";
import type { DevEvent } from "../../dev/dev-event.ts";
import { makeOwnFileCheck } from "../../dev/own-files.ts";
import type { SyncFiles } from "../../node/agent/file-sync.ts";
import { type BuildServiceImage, imagesOf, makeImageBuilder } from "../../node/agent/image-builder.ts";
import { openDockerRuntime } from "../../node/runtime/docker/docker-runtime.ts";
import type { Project } from "../../project/project.ts";
import { CliError } from "../cli-error.ts";
import type { Environment } from "../terminal.ts";
import { isFolderLive } from "./list-sessions.ts";
import { sessionsFolder, stateFolder } from "./session-paths.ts";
import type { RunningSession } from "./start-session.ts";

export interface SessionDeployer extends AsyncDisposable {
  readonly deployer: Deployer;
}

/** What a deployer needs to know about a session of this or another process. */
export interface DeploySession {
  readonly client: Client;
  readonly runtime: string;
  readonly id: string;
  readonly hostId: string;
  readonly commands: DeployerParts["commands"];
  /** Set if the session is in this process. */
  readonly buildImage?: BuildServiceImage | undefined;
  /** Set if changed files are watched. */
  readonly syncFiles?: SyncFiles | undefined;
}

/** For builds in a session of another process, the deployer opens its own connection to the engine. */
export async function openSessionDeployer(
  { client, runtime, id, hostId, commands, buildImage, syncFiles }: DeploySession,
  env: Environment,
  emit: (event: DevEvent) => void,
): Promise<SessionDeployer> {
  const isOwnFile = makeOwnFileCheck([sessionsFolder(env).path, stateFolder(env).path]);
  const parts = { client, commands, emit, clock: monotonicClock, isOwnFile, cwd: process.cwd() };
  if (runtime !== "docker" || buildImage !== undefined) {
    const deployer = new Deployer({ ...parts, buildImage, syncFiles });
    return { deployer, [Symbol.asyncDispose]: () => deployer[Symbol.asyncDispose]() };
  }
  const engine = await openDockerRuntime({ env });
  const images = makeImageBuilder({
    runtime: engine,
    labels: { "knap.dev/session": id, "knap.dev/host": hostId },
    records: join(sessionsFolder(env).path, id, "processes"),
    imagesInUse: async () => imagesOf((await client.list("Revision.serving.knative.dev")).items),
    isSessionLive: (session) => isFolderLive(join(sessionsFolder(env).path, session)),
    log: silentLogger,
  });
  const deployer = new Deployer({ ...parts, buildImage: images.build });
  const close = async (): Promise<void> => {
    await deployer[Symbol.asyncDispose]();
    await images.idle();
    await engine.close();
  };
  return { deployer, [Symbol.asyncDispose]: close };
}

/** Returns the input of {@link openSessionDeployer} for a session in this process. */
export function deploySessionOf({ emulator, folder, hostId, commands }: RunningSession): DeploySession {
  const { client, runtime, buildImage } = emulator;
  return { client, runtime, buildImage, id: folder.id, hostId, commands };
}

/** Deploys for `ci`. Throws a {@link CliError} if any object is refused or any build fails. */
export async function deployAll(deployer: Deployer, project: Project, signal: AbortSignal): Promise<void> {
  const applied = await deployer.deploy(project, signal);
  const refused = applied.filter((each) => "refusal" in each).length;
  if (refused > 0) throw refusedError(refused, applied.length);
  if (applied.length < project.objects.length) {
    throw new CliError({ code: "BUILD_FAILED", what: "a build failed; see the lines above" });
  }
}

/** Deploys for `up`. Throws a {@link CliError} only if every object is refused: the user can still fix the files. */
export async function deploySome(deployer: Deployer, project: Project, signal: AbortSignal): Promise<void> {
  const applied = await deployer.deploy(project, signal);
  const refused = applied.filter((each) => "refusal" in each).length;
  if (refused > 0 && refused === applied.length) throw refusedError(refused, applied.length);
}

function refusedError(refused: number, all: number): CliError {
  return new CliError({
    code: "REFUSED",
    what: `${refused} of ${all} objects were refused`,
    fix: "see the reasons above; `knap validate` shows the lines",
  });
}
