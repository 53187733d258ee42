// Reads and writes the debug settings of a Revision, which are the JSON value of an annotation. Knative has no such
// annotation. While it is there, the Revision has one instance and no probe or timeout ends a request.
import { fieldsOf, parseJson } from "../../base/json.ts";
import type { ObjectMeta, StringMap } from "../meta/object.ts";
import { DEBUG_ANNOTATION } from "./labels.ts";

/** `other`: the app itself opens the port, by a protocol that knap does not know. */
export const debuggerKinds = ["node", "python", "go", "jvm", "other"] as const;
export type DebuggerKind = (typeof debuggerKinds)[number];

export interface DebugSettings {
  readonly debugger: DebuggerKind;
  /** The port of 127.0.0.1 at which knap accepts debuggers. */
  readonly port: number;
  /** The port on which the debugger listens in the instance. */
  readonly containerPort: number;
  /** Replaces command and arguments of the serving container; absent: they stay. */
  readonly command?: readonly string[] | undefined;
  /** Variables of the serving container. A value is appended to the one that the container has. */
  readonly env?: StringMap | undefined;
  /** The app does not start before a debugger attaches. */
  readonly waits?: boolean | undefined;
}

/** The time limit of requests in seconds while their revision is debugged: a week. */
export const DEBUG_TIMEOUT_SECONDS = 7 * 24 * 60 * 60;

/** Returns the command that ends the debugging of a revision. */
export function debugOffCommand({
  namespace,
  service,
  revision,
}: {
  readonly namespace: string;
  readonly service?: string | undefined;
  readonly revision: string;
}): string {
  return `knap debug ${service ?? `revision/${revision}`}${namespace === "default" ? "" : ` -n ${namespace}`} --off`;
}

export const debugText = (settings: DebugSettings): string => JSON.stringify(settings);

/** Returns the debug settings of a Revision, Pod or PodAutoscaler; undefined without valid ones. */
export function debugOf({ annotations }: Pick<ObjectMeta, "annotations">): DebugSettings | undefined {
  const text = annotations?.[DEBUG_ANNOTATION];
  if (text === undefined) return undefined;
  const { debugger: kind, port, containerPort, command, env, waits } = fieldsOf(parseJson(text));
  const known = debuggerKinds.find((each) => each === kind);
  if (known === undefined || !isPort(port) || !isPort(containerPort)) return undefined;
  if (command !== undefined && !(Array.isArray(command) && command.every(isText) && command.length > 0))
    return undefined;
  const texts = Object.entries(fieldsOf(env)).filter((entry): entry is [string, string] => isText(entry[1]));
  return { debugger: known, port, containerPort, command, env: Object.fromEntries(texts), waits: waits === true };
}

function isPort(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value < 65_536;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
