// Finds out how a revision starts its app, and how the app starts under a debugger.
import { randomBytes } from "node:crypto";
import { servingContainer } from "../../apis/core/pod.ts";
import type { Container } from "../../apis/core/pod-spec.ts";
import { namespacedName } from "../../apis/meta/key.ts";
import type { Stored } from "../../apis/meta/object.ts";
import type { DebuggerKind } from "../../apis/serving/debug.ts";
import { SERVICE_LABEL } from "../../apis/serving/labels.ts";
import type { Revision } from "../../apis/serving/types.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import type { ImageLibrary } from "../image/image-library.ts";
import { type ContainerRuntime, RuntimeError } from "../runtime/runtime.ts";
import { type DebuggedStart, planDebugger } from "./debugger-spec.ts";

export interface DebugStartParts {
  readonly runtime: ContainerRuntime;
  readonly library: Pick<ImageLibrary, "find">;
  readonly labels: Readonly<Record<string, string>>;
  /** The prefix of all names of this session. */
  readonly prefix: string;
  /** How the process runtime starts a Service, by its `namespace/name`. */
  readonly commands: ReadonlyMap<string, ProcessStart>;
}

interface ProcessStart {
  readonly command: readonly string[];
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/** How a revision starts its app. */
export interface AppStart {
  readonly command: readonly string[];
  /** Variables of the image or of the process, which the pod can override. */
  readonly env: Readonly<Record<string, string>>;
  readonly container: Container;
  /** The image on the engine; absent for a process. */
  readonly image?: string | undefined;
  /** The working folder, in the container or of the process. */
  readonly folder: string;
}

/** Fails if the image is not on the engine. */
export async function findAppStart(parts: DebugStartParts, revision: Stored<Revision>): Promise<Result<AppStart>> {
  const container = servingContainer(revision.spec.containers) ?? {};
  const { command = [], args = [], workingDir = "" } = container;
  if (!parts.runtime.capabilities.images) {
    const service = revision.metadata.labels?.[SERVICE_LABEL] ?? "";
    const start = parts.commands.get(namespacedName({ namespace: revision.metadata.namespace, name: service }));
    const { folder = process.cwd(), env = {} } = start ?? {};
    return ok({ command: start?.command ?? [...command, ...args], env, container, folder });
  }
  const digest = revision.status?.containerStatuses?.find(({ name }) => name === container.name)?.imageDigest;
  const reference = digest || container.image || "";
  const image = await parts.library.find(reference);
  if (!image) return failed(`image "${reference}" is not on this machine yet; start the Service once before`);
  const own = command.length > 0 ? command : image.entrypoint;
  const more = args.length > 0 || command.length > 0 ? args : image.cmd;
  const env = Object.fromEntries((image.env ?? []).map(splitVariable));
  const folder = workingDir || image.workingDir || "/";
  return ok({ command: [...own, ...more], env, container, image: image.id, folder });
}

export interface WantedDebugger {
  readonly kind?: DebuggerKind | undefined;
  /** The user names a port, so that a command of an unknown kind is no error: the app itself opens the port. */
  readonly hasPort: boolean;
  readonly host: string;
  /** The port of each kind of debugger in the instance. */
  readonly portOf: (kind: DebuggerKind) => number;
  readonly waits: boolean;
}

/** A start with the port on which its debugger listens in the instance. */
export type DebuggerStart = DebuggedStart & { readonly containerPort: number };

/**
 * Returns the start of the app under its debugger. A program of an unknown kind is debugged by Delve if its image has
 * Delve. Fails if no debugger fits, or if the debugger is not installed.
 */
export async function findDebugger(
  parts: DebugStartParts,
  app: AppStart,
  wanted: WantedDebugger,
): Promise<Result<DebuggerStart>> {
  const plan = (kind: DebuggerKind | undefined) => planFor(app, wanted, kind);
  const first = plan(wanted.kind);
  if (!first.ok && wanted.kind === undefined) {
    if (wanted.hasPort) return plan("other");
    const asGo = plan("go");
    return asGo.ok && (await canRun(parts, app, asGo.value.needs?.check ?? [])) ? asGo : first;
  }
  if (!first.ok || !first.value.needs) return first;
  const { check, missing } = first.value.needs;
  return (await canRun(parts, app, check)) ? first : failed(missing);
}

function planFor(
  { command, env, container }: AppStart,
  { host, portOf, waits }: WantedDebugger,
  kind: DebuggerKind | undefined,
): Result<DebuggerStart> {
  // The port depends on the kind of debugger, which the first plan finds.
  const seen = planDebugger({ command, kind, host, port: 1, waits });
  if (!seen.ok) return seen;
  const containerPort = portOf(seen.value.debugger);
  const planned = planDebugger({ command, kind: seen.value.debugger, host, port: containerPort, waits });
  if (!planned.ok) return planned;
  const isOwn = (name: string): boolean => container.env?.some((variable) => variable.name === name) ?? false;
  const entries = Object.entries(planned.value.env ?? {}).map(([name, added]) => {
    const inherited = isOwn(name) ? "" : (env[name] ?? "");
    return [name, inherited === "" ? added : `${inherited} ${added}`] as const;
  });
  return ok({ ...planned.value, containerPort, ...(planned.value.env && { env: Object.fromEntries(entries) }) });
}

const CHECK_TIMEOUT_MS = 30_000;

/** Resolves with whether the command succeeds in a container of its own, or as a process. */
async function canRun({ runtime, labels, prefix }: DebugStartParts, app: AppStart, command: readonly string[]) {
  const [program = "", ...args] = command;
  const id = await runtime.create({
    name: `${prefix}_debugger-check_${randomBytes(4).toString("hex")}`,
    image: app.image ?? "",
    command: [program],
    args,
    env: [...(app.image === undefined ? Object.entries(app.env) : []), ...literals(app.container)],
    labels,
    ports: [],
    projectFolder: app.folder,
    ...(app.image !== undefined && { workingDir: app.folder }),
  });
  try {
    await runtime.start(id);
    const { exitCode } = await runtime.wait(id, AbortSignal.timeout(CHECK_TIMEOUT_MS));
    return exitCode === 0;
  } catch (error) {
    // The program is not there.
    if (error instanceof RuntimeError && error.code === "invalid") return false;
    throw error;
  } finally {
    await runtime.remove(id);
  }
}

/** The variables, such as PATH, whose values are in the manifest and refer to no others. */
function literals({ env = [] }: Container): readonly (readonly [string, string])[] {
  return env.flatMap(({ name, value }) =>
    value === undefined || value.includes("$(") ? [] : [[name, value] as const],
  );
}

function splitVariable(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
