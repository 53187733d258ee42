// Resolves the objects that command arguments name, and reads them from the API.
import type { LabelSelector } from "../../apis/core/types.ts";
import type { Kind, Resource } from "../../apis/kinds.ts";
import type { AnyObject } from "../../apis/meta/object.ts";
import type { Client } from "../../client/client.ts";
import { CliError, usageError } from "../cli-error.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { complain } from "../output/complain.ts";
import type { Terminal } from "../terminal.ts";
import { parseTargets, type ResourceTarget } from "./targets.ts";

/** Returns the targets that the arguments name. Throws a usage error for unknown kinds. */
export function targetsOf(args: readonly string[]): readonly ResourceTarget[] {
  const targets = parseTargets(args);
  if (!targets.ok) throw usageError(targets.error);
  return targets.value;
}

export interface NamedTarget {
  readonly resource: Resource;
  readonly name: string;
}

/** Returns the object that `NAME` (a Service) or `KIND/NAME` names. Throws a usage error for kinds not in `kinds`. */
export function namedTarget(arg: string, kinds: readonly Kind[]): NamedTarget {
  const [target] = targetsOf([arg.includes("/") ? arg : `ksvc/${arg}`]);
  const name = target?.names[0];
  if (target !== undefined && name !== undefined && kinds.includes(target.resource.kind)) {
    return { resource: target.resource, name };
  }
  const others = kinds.filter((kind) => kind !== "Service.serving.knative.dev").map((kind) => kind.split(".")[0]);
  throw usageError(`"${arg}" is not allowed here`, `name a Service or ${others.join("/NAME, ").toLowerCase()}/NAME`);
}

/** Returns kubectl's error for an object that does not exist. */
export function notFound({ plural, group }: Resource, name: string): CliError {
  const kind = group === "" ? plural : `${plural}.${group}`;
  const what = `Error from server (NotFound): ${kind} "${name}" not found`;
  return new CliError({ code: "NOT_FOUND", what });
}

/** The arguments name one object, so that data formats print it without a list around it. */
export function isOneName(targets: readonly ResourceTarget[]): boolean {
  return targets.length === 1 && targets[0]?.names.length === 1;
}

export interface FoundObjects {
  readonly objects: readonly AnyObject[];
  /** One error per name that does not exist. */
  readonly missing: readonly CliError[];
}

export async function fetchTargets(
  client: Client,
  targets: readonly ResourceTarget[],
  where: { readonly namespace: string | undefined; readonly selector?: LabelSelector | undefined },
): Promise<FoundObjects> {
  const objects: AnyObject[] = [];
  const missing: CliError[] = [];
  for (const { resource, names } of targets) {
    const { kind, namespaced } = resource;
    const namespace = namespaced ? where.namespace : undefined;
    if (names.length === 0) objects.push(...(await client.list(kind, { namespace, labels: where.selector })).items);
    for (const name of names) {
      const object = await client.get({ kind, namespace: namespace ?? (namespaced ? "default" : ""), name });
      if (object === undefined) missing.push(notFound(resource, name));
      else objects.push(object);
    }
  }
  return { objects, missing };
}

/** Prints the errors as kubectl does, or as JSON. Returns the command's exit code. */
export function reportMissing(missing: readonly CliError[], terminal: Terminal): ExitCode {
  for (const { complaint } of missing) {
    if (terminal.errors.format === "json") complain(complaint, terminal);
    else terminal.stderr.write(`${complaint.what}\n`);
  }
  return missing.length > 0 ? exitCodes.failed : exitCodes.ok;
}
