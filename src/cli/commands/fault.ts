// `knap fault`: injects a fault into the pods of a Service, lists the faults that are on, and ends them. A cluster has
// no such command.
import { type Fault, type FaultKind, faultOffCommand, faultText, settingsText } from "../../apis/faults/fault.ts";
import { readFault } from "../../apis/faults/read-fault.ts";
import type { Client } from "../../client/client.ts";
import { clearFaults, type FaultRequest, type FaultSelection, injectFault, listFaults } from "../../client/faults.ts";
import { usageError } from "../cli-error.ts";
import type { CommandBody } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { namedTarget } from "../objects/fetch-targets.ts";
import { answerText } from "../output/answers.ts";
import { tableText } from "../output/text.ts";
import { connect } from "../session/connect.ts";
import type { Terminal } from "../terminal.ts";

/** Numbers may be texts that are no number; the settings of a fault are checked together. */
type NumberFlag = number | string;

interface FaultSettings {
  readonly percent?: NumberFlag;
  readonly seed?: NumberFlag;
  readonly count?: NumberFlag;
  readonly duration?: string;
  readonly delay?: string;
  readonly status?: NumberFlag;
  readonly host?: string;
  readonly by?: string;
}

export interface FaultFlags extends FaultSettings {
  readonly namespace?: string;
  readonly output?: string;
}

const SETTINGS = ["percent", "seed", "count", "duration", "delay", "status", "host", "by"] as const;

type Action = (client: Client, terminal: Terminal) => Promise<void>;

export const fault: CommandBody<FaultFlags> = async (args, flags, terminal): Promise<ExitCode> => {
  const action = actionOf(args, flags);
  const { client } = await connect(flags, terminal);
  await action(client, terminal);
  return exitCodes.ok;
};

/** Throws a usage error before the session is asked. */
function actionOf([first = "list", ...rest]: readonly string[], flags: FaultFlags): Action {
  if (first !== "list" && first !== "off") return inject(first, rest, flags);
  const setting = SETTINGS.find((name) => flags[name] !== undefined);
  if (setting !== undefined) throw usageError(`fault ${first} takes no --${setting}`, "knap fault SERVICE KIND");
  const [target, ...more] = rest;
  const surplus = first === "list" ? target : more[0];
  if (surplus !== undefined) throw usageError(`fault ${first}: unexpected argument "${surplus}"`);
  return first === "list" ? list(flags) : off(target, flags);
}

function list({ namespace, output }: FaultFlags): Action {
  return async (client, terminal) => {
    const all = await listFaults(client);
    const faults = all.filter((each) => namespace === undefined || each.namespace === namespace);
    if (output === "json") terminal.print(answerText("FaultList", { items: faults }));
    else if (faults.length > 0) terminal.print(listText(faults));
    else terminal.say("no fault is on; inject one with `knap fault SERVICE KIND`");
  };
}

function off(target: string | undefined, { namespace, output }: FaultFlags): Action {
  const isId = target !== undefined && /^f\d+$/.test(target);
  const selection: FaultSelection = isId ? { id: target } : { namespace, ...(target && targetOf(target)) };
  return async (client, terminal) => {
    const ended = await clearFaults(client, selection);
    if (output === "json") terminal.print(answerText("FaultList", { items: ended }));
    else if (ended.length === 0) terminal.say("no such fault is on");
    for (const each of output === "json" ? [] : ended) terminal.print(`ended: ${faultText(each)}`);
  };
}

/** `name`: a Service or Revision, or the kind of a fault of the session. */
function inject(name: string, rest: readonly string[], flags: FaultFlags): Action {
  const isOfSession = name === ("clock-jump" satisfies FaultKind) && rest.length === 0;
  const [kind, surplus] = isOfSession ? [name] : rest;
  if (surplus !== undefined) throw usageError(`fault: unexpected argument "${surplus}"`);
  const settings = Object.fromEntries(SETTINGS.map((setting) => [setting, flags[setting]]));
  const target = isOfSession ? {} : { namespace: flags.namespace, ...targetOf(name) };
  const request = { kind, ...target, ...settings };
  const read = readFault(request);
  if (!read.ok) throw usageError(`fault: ${read.error}`, "knap fault --help");
  return async (client, terminal) => {
    const injected = await injectFault(client, request as FaultRequest);
    terminal.print(flags.output === "json" ? answerText("FaultList", { items: [injected] }) : injectedText(injected));
  };
}

function targetOf(arg: string): Pick<FaultSelection, "service" | "revision"> {
  const { resource, name } = namedTarget(arg, ["Service.serving.knative.dev", "Revision.serving.knative.dev"]);
  return { [resource.singular]: name };
}

function injectedText(injected: Fault): string {
  const settings = settingsText(injected);
  const title = `${injected.kind}${settings && ` (${settings})`}`;
  if (injected.kind === "clock-jump") return `the clock has jumped by ${injected.by}`;
  return `${injected.id} is on for ${shownTarget(injected)}: ${title}; ends with \`${faultOffCommand(injected)}\``;
}

const shownTarget = ({ service, revision }: Fault): string => revision ?? service ?? "";

function listText(faults: readonly Fault[]): string {
  const rows = faults.map((each) => [
    each.id,
    each.namespace,
    shownTarget(each),
    each.kind,
    `${each.hits} of ${each.events}`,
    each.endsAt ?? "",
    settingsText(each),
  ]);
  return tableText({ headers: ["id", "namespace", "target", "kind", "hits", "ends", "settings"], rows });
}
