// `knap describe`: prints an object's fields, its conditions as a table, and its events.
import { since } from "../../api-server/column.ts";
import type { Event } from "../../apis/core/types.ts";
import type { Condition } from "../../apis/meta/conditions.ts";
import type { AnyObject } from "../../apis/meta/object.ts";
import type { Client } from "../../client/client.ts";
import type { Live } from "../../client/live.ts";
import { gatewayPortsOf, reachOf } from "../../client/reach.ts";
import { yamlText } from "../../project/yaml-text.ts";
import { usageError } from "../cli-error.ts";
import type { GlobalFlags } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { parseTargets } from "../objects/targets.ts";
import { eventRow } from "../output/print-objects.ts";
import { tableText } from "../output/text.ts";
import { connect } from "../session/connect.ts";
import type { Terminal } from "../terminal.ts";
import { fetchTargets } from "./get.ts";

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

/** What is printed about an object in addition to its fields. */
interface DescribeContext {
  /** Events about the object. */
  readonly events: readonly Event[];
  readonly now: number;
  /** The command that reaches its URL from this machine. */
  readonly reach?: string | undefined;
}

/** The text about one object. */
function describeText(object: AnyObject, { events, now, reach }: DescribeContext): string {
  const { metadata, spec, status } = object;
  const { conditions = [], ...rest } = (status ?? {}) as { conditions?: readonly Condition[] };
  const parts = [
    [
      `Name:         ${metadata.name}`,
      `Namespace:    ${metadata.namespace ?? ""}`,
      `Kind:         ${object.kind} (${object.apiVersion})`,
      `Age:          ${since(metadata.creationTimestamp, now)}`,
      ...(reach === undefined ? [] : [`Reached with: ${reach}`]),
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

async function eventsOf(client: Client, object: AnyObject): Promise<readonly Event[]> {
  const { namespace, name, uid } = object.metadata;
  const { items } = await client.list("Event", namespace === undefined ? {} : { namespace });
  return items.filter(
    ({ involvedObject: about }) =>
      about.uid === uid || (about.uid === undefined && about.name === name && about.kind === object.kind),
  );
}

export async function describe(
  words: readonly string[],
  flags: { namespace?: string } & GlobalFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const targets = parseTargets(words);
  if (!targets.ok) throw usageError(targets.error);
  const { client, session, now } = await connect(flags, terminal);
  const { objects, missing } = await fetchTargets(client, targets.value, { namespace: flags.namespace ?? "default" });
  const { https } = await client.knap<Live>("GET", "/live");
  const ports = gatewayPortsOf(session.ingress, https);
  const texts = objects.map(async (object) => {
    const { url = "" } = (object.status ?? {}) as { readonly url?: string };
    return describeText(object, {
      events: await eventsOf(client, object),
      now: await now(),
      reach: reachOf(url, ports),
    });
  });
  if (objects.length > 0) terminal.print((await Promise.all(texts)).join("\n\n\n"));
  for (const error of missing) terminal.stderr.write(`${error.complaint.what}\n`);
  return missing.length > 0 ? exitCodes.failed : exitCodes.ok;
}
