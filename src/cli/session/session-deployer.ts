// Joins a running session with dev's deployer: the builder where Docker runs, the commands where processes do.

import type { Client } from "../../client/client.ts";
import { Deployer, type DeployerParts } from "../../dev/deployer.ts";
import type { DevEvent } from "../../dev/dev-event.ts";
import { type BuildServiceImage, makeImageBuilder } from "../../node/agent/image-builder.ts";
import { openDockerRuntime } from "../../node/runtime/docker/docker-runtime.ts";
import type { Project } from "../../project/project.ts";
import { CliError } from "../cli-error.ts";
import { exitCodes } from "../exit-code.ts";
import type { Environment } from "../terminal.ts";
import type { RunningSession } from "./start-session.ts";

export interface SessionDeployer extends AsyncDisposable {
  readonly deployer: Deployer;
}

/** What a deployer must know of a session, its own or another process's. */
export interface DeploySession {
  readonly client: Client;
  readonly runtime: string;
  readonly id: string;
  readonly hostId: string;
  readonly commands: DeployerParts["commands"];
  /** How this process's own session builds. */
  readonly buildImage?: BuildServiceImage | undefined;
}

/** The deployer of a session. For one of another process it opens a connection to the engine of its own, for builds only. */
export async function openSessionDeployer(
  { client, runtime, id, hostId, commands, buildImage }: DeploySession,
  env: Environment,
  emit: (event: DevEvent) => void,
): Promise<SessionDeployer> {
  const parts = { client, commands, emit };
  if (runtime !== "docker" || buildImage !== undefined) {
    const deployer = new Deployer({ ...parts, ...(buildImage && { buildImage }) });
    return { deployer, [Symbol.asyncDispose]: () => deployer[Symbol.asyncDispose]() };
  }
  const engine = await openDockerRuntime({ env });
  const build = makeImageBuilder(engine, { "knap.dev/session": id, "knap.dev/host": hostId });
  const deployer = new Deployer({ ...parts, buildImage: build });
  const close = async (): Promise<void> => {
    await deployer[Symbol.asyncDispose]();
    await engine.close();
  };
  return { deployer, [Symbol.asyncDispose]: close };
}

/** A session that runs in this process, for {@link openSessionDeployer}. */
export function deploySessionOf({ emulator, folder, hostId, commands }: RunningSession): DeploySession {
  const { client, runtime, buildImage } = emulator;
  return { client, runtime, buildImage, id: folder.id, hostId, commands };
}

/** The first deployment of `ci`: whatever is refused or cannot be built ends the command. */
export async function deployAll(deployer: Deployer, project: Project, signal: AbortSignal): Promise<void> {
  const applied = await deployer.deploy(project, signal);
  const refused = applied.filter((each) => "refusal" in each).length;
  if (refused > 0) throw refusedError(refused, applied.length);
  if (applied.length < project.objects.length) {
    throw new CliError({ exitCode: exitCodes.failed, what: "a build failed; the lines above say where" });
  }
}

/** The first deployment of `up`: what can be served is served, and the rest waits for the next save. */
export async function deploySome(deployer: Deployer, project: Project, signal: AbortSignal): Promise<void> {
  const applied = await deployer.deploy(project, signal);
  const refused = applied.filter((each) => "refusal" in each).length;
  if (refused > 0 && refused === applied.length) throw refusedError(refused, applied.length);
}

function refusedError(refused: number, all: number): CliError {
  return new CliError({
    exitCode: exitCodes.usage,
    what: `${refused} of ${all} objects were refused`,
    fix: "the lines above say why; `knap validate` says where",
  });
}
