// `knap wait`: waits until objects meet `--for`, or until the timeout (exit code 4).
import { keyOf, type ObjectKey } from "../../apis/meta/key.ts";
import type { AnyObject } from "../../apis/meta/object.ts";
import { timeoutSignal } from "../../base/timeout-signal.ts";
import type { Client } from "../../client/client.ts";
import { CliError, usageError } from "../cli-error.ts";
import type { CommandBody } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { fetchTargets, isOneName, targetsOf } from "../objects/fetch-targets.ts";
import { fullNameOf, type ResourceTarget } from "../objects/targets.ts";
import { conditionTypes, type ForCondition, parseForCondition, readyOf } from "../objects/wait-condition.ts";
import { printObjects } from "../output/print-objects.ts";
import { connect } from "../session/connect.ts";

export interface WaitFlags {
  readonly namespace?: string;
  readonly for: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly all?: boolean;
  readonly output?: string;
}

/** Watches one object until the condition is met. Resolves to false if the signal aborts first. */
async function untilMet(
  client: Client,
  key: ObjectKey,
  condition: ForCondition,
  signal: AbortSignal,
): Promise<boolean> {
  const isMet = async (): Promise<boolean> => condition.isMet(await client.get(key));
  if (await isMet()) return true;
  for await (const event of client.watch(key.kind, { signal, namespace: key.namespace || undefined })) {
    if (event.type === "RESTART") {
      if (await isMet()) return true;
    } else if (event.object.metadata.name === key.name) {
      if (condition.isMet(event.type === "DELETED" ? undefined : event.object)) return true;
    }
  }
  return false;
}

function timedOut(object: AnyObject, condition: ForCondition): CliError {
  const ready = readyOf(object);
  const reason = ready?.reason ? ` (${ready.reason})` : "";
  const message = ready?.message ? `: ${ready.message}` : "";
  const known = conditionTypes(object);
  const isUnknown =
    condition.conditionType !== undefined && !known.some((type) => type.toLowerCase() === condition.conditionType);
  const why = isUnknown
    ? `it has no such condition, but ${known.join(", ") || "none at all"}`
    : ready && `Ready is ${ready.status}${reason}${message}`;
  return new CliError({
    code: "TIMEOUT",
    what: `timed out waiting for the condition on ${fullNameOf(object)}`,
    why,
  });
}

async function selectObjects(
  client: Client,
  targets: readonly ResourceTarget[],
  flags: WaitFlags,
  condition: ForCondition,
): Promise<readonly AnyObject[]> {
  if (targets.some(({ names }) => names.length === 0) && !flags.all) throw usageError("name the objects, or use --all");
  const { objects, missing } = await fetchTargets(client, targets, { namespace: flags.namespace ?? "default" });
  if (missing[0] !== undefined && !condition.forDelete) throw missing[0];
  return objects;
}

export const wait: CommandBody<WaitFlags> = async (args, flags, terminal) => {
  const targets = targetsOf(args);
  const condition = parseForCondition(flags.for);
  if (!condition.ok) throw usageError(`--for: ${condition.error}`);
  const { client, now } = await connect(flags, terminal);
  const objects = await selectObjects(client, targets, flags, condition.value);
  const signal = AbortSignal.any([timeoutSignal(flags.timeout), terminal.interrupts.first]);
  const waits = objects.map(async (object) => {
    const isMet = await untilMet(client, keyOf(object), condition.value, signal);
    if (isMet && flags.output === undefined) terminal.print(`${fullNameOf(object)} ${condition.value.message}`);
    return isMet;
  });
  const results = await Promise.all(waits);
  const failed = objects.find((_, index) => results[index] === false);
  if (failed === undefined) {
    if (flags.output === undefined) return exitCodes.ok;
    const latest = await Promise.all(objects.map(async (object) => (await client.get(keyOf(object))) ?? object));
    const options = { output: flags.output, headers: true, namespaces: false, kinds: true, now: await now() };
    terminal.print(printObjects(latest, isOneName(targets), options));
    return exitCodes.ok;
  }
  if (terminal.interrupts.first.aborted) return exitCodes.interrupted;
  throw timedOut((await client.get(keyOf(failed))) ?? failed, condition.value);
};
