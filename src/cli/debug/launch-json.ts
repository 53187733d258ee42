// Makes the launch configuration of a debugged Service, and writes it into the text of VS Code's launch.json. Pure.
import { failed, ok, type Result } from "../../base/result.ts";
import type { DebugState } from "../../client/debug.ts";
import { type JsoncArray, type JsoncNode, type JsoncObject, parseJsonc } from "./jsonc.ts";

export type LaunchEntry = { readonly name: string } & Readonly<Record<string, unknown>>;

/** The members of an entry that say where to attach. knap keeps only these up to date. */
const ADDRESS = new Set(["address", "host", "hostName", "port", "connect"]);
/** The types of the entries that knap makes. An entry of another debugger is replaced as a whole. */
const TYPES: ReadonlySet<unknown> = new Set(["node", "debugpy", "go", "java"]);

export function launchName({
  namespace,
  service,
  revision,
}: Pick<DebugState, "namespace" | "service" | "revision">): string {
  return `knap: ${namespace === "default" ? "" : `${namespace}/`}${service ?? revision}`;
}

/**
 * Returns the configuration by which VS Code attaches; undefined for a debugger that knap does not know. `root`: the
 * folder of the sources, as VS Code names it.
 */
export function makeLaunchEntry(state: DebugState, root: string): LaunchEntry | undefined {
  const { host, port, remoteRoot } = state;
  const attach = { name: launchName(state), request: "attach" };
  const mapping = remoteRoot && { localRoot: root, remoteRoot };
  switch (state.debugger) {
    case "node":
      return { ...attach, type: "node", address: host, port, restart: true, ...mapping };
    case "python":
      return { ...attach, type: "debugpy", connect: { host, port }, ...(mapping && { pathMappings: [mapping] }) };
    case "go": {
      const substitutePath = remoteRoot && [{ from: root, to: remoteRoot }];
      return { ...attach, type: "go", mode: "remote", host, port, ...(substitutePath && { substitutePath }) };
    }
    case "jvm":
      return { ...attach, type: "java", hostName: host, port };
    default:
      return undefined;
  }
}

/**
 * Returns the text with this configuration: changes the address of the one with its name, or adds it as the first one.
 * An entry of another debugger has other members, so it is replaced.
 * Everything else stays as it is. Fails if the text is not valid.
 */
export function withLaunchEntry(text: string | undefined, entry: LaunchEntry): Result<string> {
  if (text === undefined || text.trim() === "") {
    return ok(`${JSON.stringify({ version: "0.2.0", configurations: [entry] }, undefined, 2)}\n`);
  }
  const parsed = parseJsonc(text);
  if (!parsed.ok) return parsed;
  const root = parsed.value;
  if (root.kind !== "object") return failed("it must be an object");
  const list = memberOf(root, "configurations");
  if (list === undefined) return ok(insertFirst(text, root, `"configurations": ${indented([entry], 1)}`, 1));
  if (list.kind !== "array") return failed('"configurations" must be a list');
  const own = list.items.find((item) => isNamed(item, entry.name));
  if (own?.kind !== "object") return ok(insertFirst(text, list, indented(entry, 2), 2));
  const type = memberOf(own, "type");
  const isOther = type?.kind === "scalar" && type.value !== entry["type"] && TYPES.has(type.value);
  if (!isOther) return ok(withAddress(text, own, entry));
  return ok(text.slice(0, own.start) + indented(entry, 2) + text.slice(own.end));
}

function memberOf(object: JsoncObject, name: string): JsoncNode | undefined {
  return object.members.find((member) => member.name === name)?.value;
}

function isNamed(item: JsoncNode, name: string): boolean {
  const found = item.kind === "object" ? memberOf(item, "name") : undefined;
  return found?.kind === "scalar" && found.value === name;
}

/** Inserts an element behind the opening bracket, so that comments keep their neighbours. */
function insertFirst(text: string, parent: JsoncObject | JsoncArray, element: string, depth: number): string {
  const isEmpty = (parent.kind === "object" ? parent.members : parent.items).length === 0;
  const at = parent.start + 1;
  const tail = isEmpty ? `\n${"  ".repeat(depth - 1)}` : ",";
  const rest = isEmpty ? text.slice(at).trimStart() : text.slice(at);
  return `${text.slice(0, at)}\n${"  ".repeat(depth)}${element}${tail}${rest}`;
}

/** Replaces the address if it differs, and adds what is missing of it. */
function withAddress(text: string, own: JsoncObject, entry: LaunchEntry): string {
  let changed = text;
  const missing: string[] = [];
  const edits = Object.entries(entry).flatMap(([name, value]) => {
    if (!ADDRESS.has(name)) return [];
    const old = memberOf(own, name);
    if (old === undefined) missing.push(`${JSON.stringify(name)}: ${indented(value, 3)}`);
    return old === undefined || sameText(text, old, value) ? [] : [{ old, value }];
  });
  // From the end, so that the places before stay valid.
  for (const { old, value } of edits.toSorted((a, b) => b.old.start - a.old.start))
    changed = changed.slice(0, old.start) + indented(value, 3) + changed.slice(old.end);
  return missing.reduceRight((sofar, member) => insertFirst(sofar, own, member, 3), changed);
}

function sameText(text: string, { start, end }: JsoncNode, value: unknown): boolean {
  return text.slice(start, end).replace(/\s+/g, "") === JSON.stringify(value).replace(/\s+/g, "");
}

/** Formats a value whose first line is already indented. */
function indented(value: unknown, depth: number): string {
  return JSON.stringify(value, undefined, 2).replaceAll("\n", `\n${"  ".repeat(depth)}`);
}
