// `knap wait`: waits until objects meet `--for`, or until the timeout (exit code 4).
import { kindOf, type Resource, resourceOf } from "../../apis/kinds.ts";
import { keyOf, type ObjectKey } from "../../apis/meta/key.ts";
import type { AnyObject } from "../../apis/meta/object.ts";
import type { Client } from "../../client/client.ts";
import { CliError, usageError } from "../cli-error.ts";
import type { GlobalFlags } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { durationFlag } from "../flags/parse-flag.ts";
import { fullName, parseTargets, type ResourceTarget } from "../objects/targets.ts";
import { conditionTypes, parseWaitCondition, readyOf, type WaitCondition } from "../objects/wait-condition.ts";
import { connect } from "../session/connect.ts";
import type { Terminal } from "../terminal.ts";
import { fetchTargets } from "./get.ts";

export interface WaitFlags {
  readonly namespace?: string;
  readonly for: string;
  readonly timeout?: string;
  readonly all?: boolean;
}

/** Watches one object until the condition is met. Resolves to false if the signal aborts first. */
async function untilMet(
  client: Client,
  key: ObjectKey,
  condition: WaitCondition,
  signal: AbortSignal,
): Promise<boolean> {
  if (condition.isMet((await client.get(key)) as AnyObject | undefined)) return true;
  const scope = { signal, ...(key.namespace !== "" && { namespace: key.namespace }) };
  for await (const event of client.watch(key.kind, scope)) {
    if (event.type === "RESTART") {
      if (condition.isMet((await client.get(key)) as AnyObject | undefined)) return true;
    } else if (event.object.metadata.name === key.name) {
      if (condition.isMet(event.type === "DELETED" ? undefined : event.object)) return true;
    }
  }
  return false;
}

function timedOut(object: AnyObject, condition: WaitCondition): CliError {
  const ready = readyOf(object);
  const reason = ready?.reason ? ` (${ready.reason})` : "";
  const message = ready?.message ? `: ${ready.message}` : "";
  const known = conditionTypes(object);
  const isUnknown =
    condition.conditionType !== undefined && !known.some((type) => type.toLowerCase() === condition.conditionType);
  const why = isUnknown
    ? `it has no such condition, but ${known.join(", ") || "none at all"}`
    : ready && `Ready is ${ready.status}${reason}${message}`;
  const name = fullName(resourceOf(kindOf(object)) as Resource, object.metadata.name);
  return new CliError({
    exitCode: exitCodes.timeout,
    what: `timed out waiting for the condition on ${name}`,
    why,
  });
}

async function chosen(
  client: Client,
  targets: readonly ResourceTarget[],
  flags: WaitFlags,
  condition: WaitCondition,
): Promise<readonly AnyObject[]> {
  if (targets.some(({ names }) => names.length === 0) && !flags.all) throw usageError("name the objects, or use --all");
  const { objects, missing } = await fetchTargets(client, targets, { namespace: flags.namespace ?? "default" });
  if (missing[0] !== undefined && !condition.forDelete) throw missing[0];
  return objects;
}

export async function wait(
  words: readonly string[],
  flags: WaitFlags & GlobalFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const targets = parseTargets(words);
  if (!targets.ok) throw usageError(targets.error);
  const condition = parseWaitCondition(flags.for);
  if (!condition.ok) throw usageError(`--for: ${condition.error}`);
  const ms = durationFlag("timeout", flags.timeout ?? "30s");
  const { client } = await connect(flags, terminal);
  const objects = await chosen(client, targets.value, flags, condition.value);
  const signal = AbortSignal.any([AbortSignal.timeout(ms), terminal.interrupts.first]);
  const waits = objects.map(async (object) => {
    const met = await untilMet(client, keyOf(object), condition.value, signal);
    const name = fullName(resourceOf(kindOf(object)) as Resource, object.metadata.name);
    if (met) terminal.print(`${name} ${condition.value.words}`);
    return met;
  });
  const results = await Promise.all(waits);
  const failed = objects.find((_, index) => results[index] === false);
  if (failed === undefined) return exitCodes.ok;
  if (terminal.interrupts.first.aborted) return exitCodes.interrupted;
  throw timedOut((await client.get(keyOf(failed))) ?? failed, condition.value);
}
