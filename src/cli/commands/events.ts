// `knap events`: prints the events of objects, oldest first, once or continuously.
import type { Event } from "../../apis/core/types.ts";
import type { CommandBody } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { targetsOf } from "../objects/fetch-targets.ts";
import { eventHeaders, eventRow, eventTime, printObjects } from "../output/print-objects.ts";
import { tableText } from "../output/text.ts";
import { connect } from "../session/connect.ts";

export interface EventsFlags {
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
  readonly output?: string;
  readonly headers?: boolean;
  readonly watch?: boolean;
}

/** Returns a filter for the events of the object `kind/name`. */
function eventFilter(arg: string | undefined): (event: Event) => boolean {
  if (arg === undefined) return () => true;
  const [target] = targetsOf([arg]);
  return ({ involvedObject }) => {
    if (target === undefined || involvedObject.kind !== target.resource.name) return false;
    return target.names.length === 0 || target.names.includes(involvedObject.name ?? "");
  };
}

export const events: CommandBody<EventsFlags> = async (args, flags, terminal) => {
  const isWanted = eventFilter(args[0]);
  const { client, now } = await connect(flags, terminal);
  const { output } = flags;
  const namespace = flags.allNamespaces ? undefined : (flags.namespace ?? "default");
  const show = async (found: readonly Event[], isSingle: boolean): Promise<string> => {
    const at = await now();
    const headers = !isSingle && flags.headers !== false;
    if (output !== undefined)
      return printObjects(found, isSingle, { output, headers, namespaces: false, kinds: false, now: at });
    return tableText({ headers: eventHeaders, rows: found.map((event) => eventRow(event, at)) }, { headers });
  };
  if (flags.watch) {
    for await (const event of client.watch("Event", { namespace, signal: terminal.interrupts.first })) {
      if (event.type === "RESTART" || event.type === "DELETED" || !isWanted(event.object)) continue;
      if (output === "yaml") terminal.print("---");
      terminal.print(output === "json" ? JSON.stringify(event.object) : await show([event.object], true));
    }
    return exitCodes.ok;
  }
  const { items } = await client.list("Event", { namespace });
  const found = items.filter(isWanted).sort((a, b) => eventTime(a) - eventTime(b));
  if (found.length === 0 && output === undefined) terminal.say("No events found.");
  else terminal.print(await show(found, false));
  return exitCodes.ok;
};
