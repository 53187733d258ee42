// Starts the emulator and its session folder, publishes its address to other commands, and stops both in order.
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../../base/logger.ts";
import { startEmulator } from "../../emulator/emulator.ts";
import type { Emulator, EmulatorOptions } from "../../emulator/options.ts";
import type { ServiceCommand } from "../../node/agent/node-agent.ts";
import { type SessionGuard, startGuard } from "../../node/agent/session-guard.ts";
import { processIdentity } from "../../node/runtime/process/process-identity.ts";
import { endRecorded } from "../../node/runtime/process/process-records.ts";
import type { Project } from "../../project/project.ts";
import { diskFullError } from "../cli-error.ts";
import type { SessionSettings } from "../flags/session-flags.ts";
import type { Environment, Terminal } from "../terminal.ts";
import { knapVersion } from "../version.ts";
import { isFolderLive, listSessions } from "./list-sessions.ts";
import { openSessionFolder, type SessionFolder } from "./session-folder.ts";
import { readHostId, sessionsFolder, stateFolder } from "./session-paths.ts";

/** Files that Docker and Podman create in every container. */
const CONTAINER_FILES = ["/.dockerenv", "/run/.containerenv"];

export interface RunningSession {
  readonly emulator: Emulator;
  readonly folder: SessionFolder;
  readonly hostId: string;
  /** How the process runtime starts each Service; `up` changes it when files change. */
  readonly commands: Map<string, ServiceCommand>;
  /** Stops gently, or at once after a second interrupt. Then removes the folder. */
  stop(): Promise<void>;
}

export interface SessionStart {
  readonly command: "up" | "ci" | "test";
  readonly project: Project;
  readonly settings: SessionSettings;
  readonly log: Logger;
}

function imagesOf({ services }: Project): EmulatorOptions["images"] {
  return services.map(({ key, image, build }) => ({ image, service: key, ...(build && { bases: build.bases }) }));
}

function commandsOf({ services }: Project): Map<string, ServiceCommand> {
  return new Map(services.flatMap(({ key, start }) => (start === undefined ? [] : [[key, start] as const])));
}

function sourceFoldersOf({ services }: Project): ReadonlyMap<string, string> {
  return new Map(services.flatMap(({ key, build }) => (build === undefined ? [] : [[key, build.context] as const])));
}

/**
 * Removes the folders of dead sessions and ends the processes recorded there. The emulator removes their containers.
 */
async function sweepDeadFolders(env: Environment): Promise<void> {
  const dead = (await listSessions(env)).filter(({ live }) => !live);
  for (const { path } of dead) {
    await endRecorded(join(path, "processes"));
    await rm(path, { recursive: true, force: true });
  }
}

/** Returns the URL of the ingress as users type it. */
export function ingressUrl({ host, port }: Emulator["ingress"]): string {
  const shown = ["127.0.0.1", "::1", "0.0.0.0", "::"].includes(host) ? "localhost" : host;
  return `http://${shown}${port === 80 ? "" : `:${port}`}`;
}

/**
 * Returns true if knap runs in a container and its users do not. They then reach knap only at the published ingress
 * port.
 */
export function isSeenFromElsewhere({ host }: Emulator["ingress"]): boolean {
  const isLoopback = host === "127.0.0.1" || host === "::1";
  return !isLoopback && CONTAINER_FILES.some((path) => existsSync(path));
}

export async function startSession(start: SessionStart, terminal: Terminal): Promise<RunningSession> {
  const { env, cwd, interrupts } = terminal;
  // If the output is closed, the session must still stop what it started.
  terminal.outputClosed.act = () => interrupts.interrupt();
  const hostId = await readHostId(env);
  const processId = await processIdentity();
  const sessions = sessionsFolder(env);
  const state = stateFolder(env);
  for (const { notice } of [sessions, state]) if (notice !== undefined) start.log.warn(notice);
  const folder = await openSessionFolder(sessions.path, processId).catch((error: unknown) => {
    throw diskFullError(sessions.path, error);
  });
  const guard = startGuard(folder.id, folder.path);
  const commands = commandsOf(start.project);
  let emulator: Emulator;
  try {
    emulator = await startEmulator({
      ...start.settings,
      sessionId: folder.id,
      sessionFolder: folder.path,
      stateFolder: state.path,
      hostId,
      processId,
      isSessionLive: (id) => isFolderLive(join(sessions.path, id)),
      configMaps: start.project.configMaps,
      images: imagesOf(start.project),
      services: start.project.services.map(({ object }) => object),
      commands,
      sourceFolders: sourceFoldersOf(start.project),
      log: start.log,
    });
  } catch (error) {
    guard.release();
    await folder.remove();
    throw diskFullError(folder.path, error);
  }
  const record = {
    pid: process.pid,
    startedAt: new Date().toISOString(),
    api: emulator.api.address,
    ingress: ingressUrl(emulator.ingress),
    workingFolder: cwd,
    command: start.command,
    runtime: emulator.runtime,
    version: knapVersion,
  };
  emulator.stopRequested.addEventListener("abort", () => interrupts.interrupt(), { once: true });
  try {
    await sweepDeadFolders(env);
    await folder.publish(record, emulator.api, start.project.namespace);
  } catch (error) {
    await stopSession(emulator, folder, guard, interrupts.second);
    throw diskFullError(folder.path, error);
  }
  return { emulator, folder, hostId, commands, stop: () => stopSession(emulator, folder, guard, interrupts.second) };
}

async function stopSession(
  emulator: Emulator,
  folder: SessionFolder,
  guard: SessionGuard,
  forceStop: AbortSignal,
): Promise<void> {
  const now = (): void => void emulator.stop("now").catch(() => {});
  forceStop.addEventListener("abort", now, { once: true });
  await emulator.stop(forceStop.aborted ? "now" : "gentle");
  forceStop.removeEventListener("abort", now);
  guard.release();
  await folder.remove();
}
