// `knap events`: prints the events of objects, oldest first, once or continuously.
import type { Event } from "../../apis/core/types.ts";
import { usageError } from "../cli-error.ts";
import type { GlobalFlags } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { parseTargets } from "../objects/targets.ts";
import { eventHeaders, eventRow, eventTime, printObjects } from "../output/print-objects.ts";
import { tableText } from "../output/text.ts";
import { connect } from "../session/connect.ts";
import type { Terminal } from "../terminal.ts";

export interface EventsFlags {
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
  readonly output?: string;
  readonly headers?: boolean;
  readonly watch?: boolean;
}

/** A filter for the events of the object `kind/name`. */
function eventFilter(word: string | undefined): (event: Event) => boolean {
  if (word === undefined) return () => true;
  const targets = parseTargets([word]);
  if (!targets.ok) throw usageError(targets.error);
  const [target] = targets.value;
  return ({ involvedObject }) => {
    if (target === undefined || involvedObject.kind !== target.resource.name) return false;
    return target.names.length === 0 || target.names.includes(involvedObject.name ?? "");
  };
}

export async function events(
  words: readonly string[],
  flags: EventsFlags & GlobalFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const wanted = eventFilter(words[0]);
  const { client, now } = await connect(flags, terminal);
  const namespace = flags.allNamespaces ? {} : { namespace: flags.namespace ?? "default" };
  const asTable = async (rows: readonly Event[], headers: boolean) => {
    const at = await now();
    return tableText({ headers: eventHeaders, rows: rows.map((event) => eventRow(event, at)) }, { headers });
  };
  if (flags.watch) {
    for await (const event of client.watch("Event", { ...namespace, signal: terminal.interrupts.first })) {
      if (event.type === "RESTART" || event.type === "DELETED" || !wanted(event.object)) continue;
      terminal.print(flags.output === "json" ? JSON.stringify(event.object) : await asTable([event.object], false));
    }
    return exitCodes.ok;
  }
  const { items } = await client.list("Event", namespace);
  const found = items.filter(wanted).sort((a, b) => eventTime(a) - eventTime(b));
  if (flags.output !== undefined) {
    const options = { output: flags.output, headers: true, namespaces: false, kinds: false, now: await now() };
    terminal.print(printObjects(found, false, options));
  } else if (found.length === 0) terminal.say("No events found.");
  else terminal.print(await asTable(found, flags.headers !== false));
  return exitCodes.ok;
}
