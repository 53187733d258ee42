// Builds a Service's image with a command of the user, such as ko, jib, pack or nix.
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { parseImageReference } from "../../apis/core/image-reference.ts";
import { BuildError } from "../runtime/build-error.ts";
import { LineSplitter } from "../runtime/line-splitter.ts";
import { processIdentity } from "../runtime/process/process-identity.ts";
import { dropRecord, killGroup, writeRecord } from "../runtime/process/process-records.ts";
import { type ContainerRuntime, type ImageInfo, RuntimeError } from "../runtime/runtime.ts";
import { type BuiltImage, buildingTag, removeTag, tagByContent } from "./image-build.ts";

export interface CommandBuildOptions {
  readonly namespace: string;
  readonly service: string;
  readonly command: readonly string[];
  /** The working folder of the command: absolute. */
  readonly context: string;
  /** The folder in which the running command is recorded, for the guard of a session that is killed. */
  readonly records?: string | undefined;
  /** Gets the tags of the build. Its images have no label that tells whose they are. */
  readonly tags: Set<string>;
  readonly onOutput?: ((line: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Time between SIGTERM and SIGKILL for a command that is aborted. */
const TERM_MS = 3000;
/** Programs that a command leaves running can keep its output open. */
const OUTPUT_END_MS = 500;
/** How `docker load` begins the line that names the image. */
const DOCKER_LOAD = /^Loaded image( ID)?: /;
/** The reference is among the last lines of the command's output. */
const KEPT_LINES = 100;
/** An error shows this much of the command. */
const SHOWN_CHARACTERS = 120;

/**
 * Rejects with a {@link BuildError} about `command`, or with the reason of the signal once no process of the command
 * runs any more.
 */
export async function buildByCommand(runtime: ContainerRuntime, options: CommandBuildOptions): Promise<BuiltImage> {
  const service = { namespace: options.namespace, name: options.service };
  const suggested = buildingTag(service);
  options.tags.add(suggested);
  try {
    const lines = await runBuildCommand(options, {
      KNAP_IMAGE: suggested,
      KNAP_SERVICE: options.service,
      KNAP_NAMESPACE: options.namespace,
      ...(runtime.engineAddress !== undefined && { DOCKER_HOST: runtime.engineAddress }),
    });
    const built = await findBuilt(runtime, lines.findLast(isReference), suggested);
    const image = await tagByContent(runtime, service, built);
    options.tags.add(image);
    return { id: built.id, image };
  } finally {
    await removeTag(runtime, suggested);
  }
}

/** A single word such as `done`, or the path of a file, would be a reference, too. */
function isReference(line: string): boolean {
  return /^[^/.].*[/:@]/.test(line) && parseImageReference(line) !== undefined;
}

async function findBuilt(runtime: ContainerRuntime, printed: string | undefined, suggested: string) {
  for (const source of printed === undefined ? [suggested] : [printed, suggested]) {
    const found = await inspect(runtime, source);
    if (found) return { source, id: found.id };
  }
  const missing =
    printed === undefined
      ? `it printed no image, and there is no image ${suggested} (its variable KNAP_IMAGE)`
      : `it printed ${printed}, which the container engine does not have`;
  throw refused(`the build command ended, but ${missing}: the command must load the image into the engine`);
}

/** A printed line can have the form of a reference that the engine refuses: then it has no such image. */
async function inspect(runtime: ContainerRuntime, reference: string): Promise<ImageInfo | undefined> {
  try {
    return await runtime.images.inspect(reference);
  } catch (error) {
    if (error instanceof RuntimeError && error.code !== "unreachable") return undefined;
    throw error;
  }
}

/** Resolves with the last lines of stdout. The command and all that it started are one process group. */
async function runBuildCommand(
  { command, context, records, onOutput, signal }: CommandBuildOptions,
  more: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  signal?.throwIfAborted();
  const [file = "", ...args] = command;
  const child = spawn(file, args, {
    cwd: context,
    env: { ...process.env, ...more },
    stdio: ["ignore", "pipe", "pipe"],
    detached: process.platform !== "win32",
  });
  const printed: string[] = [];
  readLines(child.stdout, (line) => {
    printed.push(line.trim().replace(DOCKER_LOAD, ""));
    if (printed.length > KEPT_LINES) printed.shift();
    onOutput?.(line);
  });
  readLines(child.stderr, (line) => onOutput?.(line));
  const recorded = records !== undefined && child.pid !== undefined ? recordProcess(records, child.pid) : undefined;
  const code = await endOf(child, signal).catch((error: unknown) => {
    throw refused(`the build command cannot start "${file}" in ${context}: ${startText(error)}`);
  });
  (await recorded)?.();
  signal?.throwIfAborted();
  if (code !== 0) throw refused(`the build command "${shown(command)}" failed: ${code}`);
  return printed;
}

/** Returns the command on one line, and the beginning of a long one. */
function shown(command: readonly string[]): string {
  const text = command.join(" ").replace(/\s+/g, " ").trim();
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`;
}

/** Resolves with a function that removes the record. */
async function recordProcess(folder: string, pid: number): Promise<() => void> {
  const id = `build-${pid}`;
  try {
    writeRecord(folder, id, { process: await processIdentity(pid), labels: {} });
  } catch {
    // Without a record, the command of a killed session ends by itself.
  }
  return () => dropRecord(folder, id);
}

/** Resolves with 0, or with a text that says how the command ended. Rejects if it cannot start. */
async function endOf(child: ChildProcess, signal: AbortSignal | undefined): Promise<0 | string> {
  const { pid } = child;
  const ended = new Promise<0 | string>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, name) => {
      const result = code === 0 ? 0 : code === null ? `signal ${name}` : `exit code ${code}`;
      child.once("close", () => resolve(result));
      setTimeout(() => {
        for (const stream of [child.stdout, child.stderr]) stream?.destroy();
        resolve(result);
      }, OUTPUT_END_MS).unref();
    });
  });
  if (pid === undefined || signal === undefined) return ended;
  const stop = (): void => void killGroup(pid, "SIGTERM");
  const timer = { kill: undefined as NodeJS.Timeout | undefined };
  const onAbort = (): void => {
    stop();
    timer.kill = setTimeout(() => killGroup(pid, "SIGKILL"), TERM_MS);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await ended;
  } finally {
    signal.removeEventListener("abort", onAbort);
    clearTimeout(timer.kill);
    if (signal.aborted) killGroup(pid, "SIGKILL");
  }
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  // Of a line that overwrites itself (a progress bar), only the last state is shown.
  const lines = new LineSplitter((line) => onLine(line.trimEnd().split("\r").at(-1) ?? ""));
  stream.on("error", () => {});
  stream.on("data", (chunk: Buffer) => lines.write(chunk));
  stream.once("close", () => lines.end());
}

function startText(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "ENOENT" ? "not found (or the folder is not there)" : message;
}

function refused(message: string): BuildError {
  return new BuildError("failed", message, { setting: "command" });
}
