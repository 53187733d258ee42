// `knap get`: prints the session's objects with kubectl's grammar, columns and output formats, once or as a watch.
import { matchesLabels } from "../../apis/core/label-selector.ts";
import type { LabelSelector } from "../../apis/core/types.ts";
import type { Client } from "../../client/client.ts";
import { usageError } from "../cli-error.ts";
import type { CommandBody } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { debuggedLines } from "../objects/debugged.ts";
import { dirtyFiles } from "../objects/dirty-files.ts";
import { faultLines } from "../objects/faulted.ts";
import { fetchTargets, isOneName, reportMissing, targetsOf } from "../objects/fetch-targets.ts";
import type { ResourceTarget } from "../objects/targets.ts";
import { type PrintOptions, printObjects } from "../output/print-objects.ts";
import { connect } from "../session/connect.ts";
import type { Terminal } from "../terminal.ts";

export interface GetFlags {
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
  readonly selector?: LabelSelector;
  readonly output?: string;
  readonly headers?: boolean;
  readonly watch?: boolean;
}

async function watchTarget(
  client: Client,
  { resource, names }: ResourceTarget,
  options: PrintOptions,
  flags: GetFlags,
  at: { readonly terminal: Terminal; readonly namespace: string | undefined; now(): Promise<number> },
): Promise<void> {
  let { headers } = options;
  const { terminal, now, namespace } = at;
  for await (const event of client.watch(resource.kind, { namespace, signal: terminal.interrupts.first })) {
    if (event.type === "RESTART") continue;
    const { name, labels } = event.object.metadata;
    if ((names.length > 0 && !names.includes(name)) || !matchesLabels(flags.selector ?? {}, labels)) continue;
    const text = printObjects([event.object], true, { ...options, headers, now: await now() });
    if (text !== "") terminal.print(text);
    headers = false;
  }
}

export const get: CommandBody<GetFlags> = async (args, flags, terminal) => {
  const targets = targetsOf(args);
  if (flags.watch && targets.length !== 1) throw usageError("-w watches one kind at a time");
  const { client, now } = await connect(flags, terminal);
  const namespace = flags.allNamespaces ? undefined : (flags.namespace ?? "default");
  const options: PrintOptions = {
    output: flags.output,
    headers: flags.headers !== false,
    namespaces: flags.allNamespaces === true,
    kinds: targets.length > 1,
    now: await now(),
  };
  if (flags.watch && targets[0] !== undefined) {
    await watchTarget(client, targets[0], options, flags, { terminal, now, namespace });
    return exitCodes.ok;
  }
  const { objects, missing } = await fetchTargets(client, targets, { namespace, selector: flags.selector });
  const isSingle = isOneName(targets);
  const isData = flags.output !== undefined && flags.output !== "wide";
  const dirty = isData ? undefined : await dirtyFiles(client, objects);
  if (objects.length > 0 || (isData && !isSingle)) {
    terminal.print(printObjects(objects, isSingle, { ...options, dirty }));
  } else if (missing.length === 0) terminal.say(`No resources found${namespace ? ` in ${namespace} namespace` : ""}.`);
  // The columns of kubectl have no place for this.
  const notes = isData ? [] : [...(await debuggedLines(client, objects)), ...(await faultLines(client, objects))];
  for (const line of notes) terminal.say(terminal.paint("red", line));
  return reportMissing(missing, terminal);
};
