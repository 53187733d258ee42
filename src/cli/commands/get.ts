// `knap get`: prints the session's objects with kubectl's grammar, columns and output formats, once or as a watch.
import type { Kind } from "../../apis/kinds.ts";
import type { AnyObject } from "../../apis/meta/object.ts";
import type { Client } from "../../client/client.ts";
import { CliError, usageError } from "../cli-error.ts";
import type { GlobalFlags } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { parseSelectorFlag, parseTargets, type ResourceTarget } from "../objects/targets.ts";
import { type PrintOptions, printObjects } from "../output/print-objects.ts";
import { connect } from "../session/connect.ts";
import type { Terminal } from "../terminal.ts";

export interface GetFlags {
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
  readonly selector?: string;
  readonly output?: string;
  readonly headers?: boolean;
  readonly watch?: boolean;
}

/** kubectl's error for an object that does not exist. */
export function notFound({ resource }: ResourceTarget, name: string): CliError {
  const kind = resource.group === "" ? resource.plural : `${resource.plural}.${resource.group}`;
  return new CliError({
    exitCode: exitCodes.failed,
    what: `Error from server (NotFound): ${kind} "${name}" not found`,
  });
}

/** The requested objects. `missing` are errors for names that do not exist. */
export async function fetchTargets(
  client: Client,
  targets: readonly ResourceTarget[],
  where: { readonly namespace: string | undefined; readonly selector?: string | undefined },
): Promise<{ readonly objects: readonly AnyObject[]; readonly missing: readonly CliError[] }> {
  const selector = where.selector === undefined ? undefined : parseSelectorFlag(where.selector);
  if (selector?.ok === false) throw usageError(`-l: ${selector.error}`);
  const objects: AnyObject[] = [];
  const missing: CliError[] = [];
  for (const target of targets) {
    const { kind, namespaced } = target.resource;
    const namespace = namespaced ? where.namespace : undefined;
    if (target.names.length === 0) {
      const options = { ...(namespace !== undefined && { namespace }), ...(selector && { labels: selector.value }) };
      objects.push(...(await client.list(kind, options)).items);
      continue;
    }
    for (const name of target.names) {
      const object = await client.get({ kind, namespace: namespace ?? (namespaced ? "default" : ""), name });
      if (object === undefined) missing.push(notFound(target, name));
      else objects.push(object);
    }
  }
  return { objects, missing };
}

async function watchKind(
  client: Client,
  kind: Kind,
  options: PrintOptions,
  at: { terminal: Terminal; now: () => Promise<number>; namespace?: string; names: ReadonlySet<string> },
) {
  let headers = options.headers;
  const { terminal, now, namespace, names } = at;
  const scope = { signal: terminal.interrupts.first, ...(namespace !== undefined && { namespace }) };
  for await (const event of client.watch(kind, scope)) {
    if (event.type === "RESTART") continue;
    if (names.size > 0 && !names.has(event.object.metadata.name)) continue;
    const text = printObjects([event.object], true, { ...options, headers, now: await now() });
    if (text !== "") terminal.print(text);
    headers = false;
  }
}

export async function get(
  words: readonly string[],
  flags: GetFlags & GlobalFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const targets = parseTargets(words);
  if (!targets.ok) throw usageError(targets.error);
  const { client, now } = await connect(flags, terminal);
  const namespace = flags.allNamespaces ? undefined : (flags.namespace ?? "default");
  const options: PrintOptions = {
    output: flags.output,
    headers: flags.headers !== false,
    namespaces: flags.allNamespaces === true,
    kinds: targets.value.length > 1,
    now: await now(),
  };
  if (flags.watch) {
    const [target, ...more] = targets.value;
    if (target === undefined || more.length > 0) throw usageError("-w watches one kind at a time");
    const place = { terminal, now, names: new Set(target.names), ...(namespace !== undefined && { namespace }) };
    await watchKind(client, target.resource.kind, options, place);
    return exitCodes.ok;
  }
  const { objects, missing } = await fetchTargets(client, targets.value, { namespace, selector: flags.selector });
  const single = targets.value.length === 1 && targets.value[0]?.names.length === 1;
  const data = flags.output !== undefined && flags.output !== "wide";
  if (objects.length > 0 || (data && !single)) terminal.print(printObjects(objects, single, options));
  else if (missing.length === 0) terminal.say(`No resources found${namespace ? ` in ${namespace} namespace` : ""}.`);
  for (const error of missing) terminal.stderr.write(`${error.complaint.what}\n`);
  return missing.length > 0 ? exitCodes.failed : exitCodes.ok;
}
