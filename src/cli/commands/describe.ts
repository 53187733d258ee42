// `knap describe`: prints an object's fields, its conditions as a table, and its events.
import { since } from "../../api-server/column.ts";
import type { Event } from "../../apis/core/types.ts";
import { kindOf } from "../../apis/kinds.ts";
import type { Condition } from "../../apis/meta/conditions.ts";
import type { AnyObject } from "../../apis/meta/object.ts";
import type { Service } from "../../apis/serving/types.ts";
import { countText } from "../../base/count-text.ts";
import { yamlText } from "../../base/yaml/yaml-text.ts";
import type { Client } from "../../client/client.ts";
import type { Live } from "../../client/live.ts";
import { gatewayPortsOf, reachOf } from "../../client/reach.ts";
import type { CommandBody } from "../command.ts";
import { debuggedLines } from "../objects/debugged.ts";
import { dirtyFiles } from "../objects/dirty-files.ts";
import { faultLines } from "../objects/faulted.ts";
import { fetchTargets, reportMissing, targetsOf } from "../objects/fetch-targets.ts";
import { type Cause, findCause } from "../objects/not-ready-cause.ts";
import { readyOf } from "../objects/wait-condition.ts";
import { eventRow } from "../output/print-objects.ts";
import { tableText } from "../output/text.ts";
import { connect } from "../session/connect.ts";

const indent = (text: string): string => text.replace(/^(?=.)/gm, "  ");
const section = (title: string, text: string): string => `${title}:\n${indent(text)}`;

function pairs(values: Readonly<Record<string, string>> | undefined): string {
  const entries = Object.entries(values ?? {}).filter(
    ([key]) => key !== "kubectl.kubernetes.io/last-applied-configuration",
  );
  return entries.length === 0 ? "<none>" : entries.map(([key, value]) => `${key}=${value}`).join("\n");
}

function conditionTable(conditions: readonly Condition[]): string {
  const rows = conditions.map(({ type, status, reason = "", message = "", severity = "" }) => [
    type,
    status,
    severity,
    reason,
    message,
  ]);
  return tableText({ headers: ["type", "status", "severity", "reason", "message"], rows });
}

/** Facts about an object that the object itself does not contain. */
interface DescribeContext {
  /** Events about the object. */
  readonly events: readonly Event[];
  readonly now: number;
  /** Why a Service is not Ready. */
  readonly cause?: Cause | undefined;
  /** The command that reaches the object's URL from this machine. */
  readonly reach?: string | undefined;
  /** The number of synced files that the image does not have. */
  readonly dirty?: number | undefined;
}

function describeText(object: AnyObject, { events, now, cause, reach, dirty }: DescribeContext): string {
  const { metadata, spec, status } = object;
  const { conditions = [], ...rest } = (status ?? {}) as { conditions?: readonly Condition[] };
  const parts = [
    [
      `Name:         ${metadata.name}`,
      `Namespace:    ${metadata.namespace ?? ""}`,
      `Kind:         ${object.kind} (${object.apiVersion})`,
      `Age:          ${since(metadata.creationTimestamp, now)}`,
      ...(reach === undefined ? [] : [`Reached with: ${reach}`]),
      ...(dirty === undefined
        ? []
        : [`Dirty:        ${countText(dirty, "file")} synced since the build; a rebuild has them`]),
      ...(cause === undefined ? [] : [`Not ready:    ${cause.reason}: ${cause.message}`]),
    ].join("\n"),
    section("Labels", pairs(metadata.labels)),
    section("Annotations", pairs(metadata.annotations)),
  ];
  if (spec !== undefined) parts.push(section("Spec", yamlText(spec)));
  if (Object.keys(rest).length > 0) parts.push(section("Status", yamlText(rest)));
  if (conditions.length > 0) parts.push(section("Conditions", conditionTable(conditions)));
  const rows = events.map((event) => eventRow(event, now));
  const headers = ["last seen", "type", "reason", "object", "message"];
  parts.push(rows.length === 0 ? "Events:  <none>" : section("Events", tableText({ headers, rows })));
  return parts.join("\n");
}

async function causeOf(client: Client, object: AnyObject): Promise<Cause | undefined> {
  if (kindOf(object) !== "Service.serving.knative.dev" || readyOf(object)?.status === "True") return undefined;
  const { cause } = await findCause(client, object as Service);
  return cause.message === "" ? undefined : cause;
}

async function eventsOf(client: Client, object: AnyObject): Promise<readonly Event[]> {
  const { namespace, name, uid } = object.metadata;
  const { items } = await client.list("Event", { namespace });
  return items.filter(
    ({ involvedObject: about }) =>
      about.uid === uid || (about.uid === undefined && about.name === name && about.kind === object.kind),
  );
}

export const describe: CommandBody<{ namespace?: string }> = async (args, flags, terminal) => {
  const targets = targetsOf(args);
  const { client, session, now } = await connect(flags, terminal);
  const { objects, missing } = await fetchTargets(client, targets, { namespace: flags.namespace ?? "default" });
  const { https } = await client.knap<Live>("GET", "/live");
  const dirty = await dirtyFiles(client, objects);
  const ports = gatewayPortsOf(session.ingress, https);
  const texts = objects.map(async (object) => {
    const { url = "" } = (object.status ?? {}) as { readonly url?: string };
    const [events, cause] = await Promise.all([eventsOf(client, object), causeOf(client, object)]);
    return describeText(object, {
      events,
      cause,
      now: await now(),
      reach: reachOf(url, ports),
      dirty: dirty.get(object),
    });
  });
  if (objects.length > 0) terminal.print((await Promise.all(texts)).join("\n\n\n"));
  for (const line of [...(await debuggedLines(client, objects)), ...(await faultLines(client, objects))])
    terminal.say(terminal.paint("red", line));
  return reportMissing(missing, terminal);
};
