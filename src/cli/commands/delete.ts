// `knap delete`: deletes objects and, without --no-wait, waits until they are gone.
import type { LabelSelector } from "../../apis/core/types.ts";
import { keyOf, keyText, type ObjectKey } from "../../apis/meta/key.ts";
import type { AnyObject } from "../../apis/meta/object.ts";
import { sleep } from "../../base/sleep.ts";
import type { Client } from "../../client/client.ts";
import { usageError } from "../cli-error.ts";
import type { CommandBody } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { type FoundObjects, fetchTargets, isOneName, reportMissing, targetsOf } from "../objects/fetch-targets.ts";
import { fullNameOf, type ResourceTarget } from "../objects/targets.ts";
import { printObjects } from "../output/print-objects.ts";
import { loadUsableProject } from "../project-loading.ts";
import { connect } from "../session/connect.ts";
import type { Terminal } from "../terminal.ts";

export interface DeleteFlags {
  readonly file?: readonly string[];
  readonly kustomize?: readonly string[];
  readonly namespace?: string;
  readonly selector?: LabelSelector;
  readonly all?: boolean;
  readonly ignoreNotFound?: boolean;
  readonly wait?: boolean;
  readonly output?: string;
  readonly cascade: keyof typeof POLICIES;
}

const POLICIES = { background: "Background", foreground: "Foreground", orphan: "Orphan" } as const;
const POLL_MS = 100;

async function fetchObjects(
  targets: readonly ResourceTarget[],
  flags: DeleteFlags,
  client: Client,
  terminal: Terminal,
): Promise<FoundObjects> {
  if (targets.length === 0) {
    const project = await loadUsableProject(flags, terminal);
    const found: AnyObject[] = [];
    const keys = new Map(project.objects.map((object) => [keyText(keyOf(object)), keyOf(object)]));
    for (const key of keys.values()) {
      const live = key.kind === "Namespace" ? undefined : await client.get(key);
      if (live !== undefined) found.push(live);
    }
    return { objects: found.reverse(), missing: [] };
  }
  const { namespace = "default", selector } = flags;
  return fetchTargets(client, targets, { namespace, selector });
}

/** Returns the targets that the arguments name; without arguments, the targets in the files. */
function deleteTargets(
  args: readonly string[],
  { file, kustomize, all, selector }: DeleteFlags,
): readonly ResourceTarget[] {
  if (args.length === 0 && (file ?? kustomize) !== undefined) return [];
  if (args.length === 0) throw usageError("name the objects to delete, or use -f FILE");
  const targets = targetsOf(args);
  if (targets.some(({ names }) => names.length === 0) && !all && selector === undefined) {
    throw usageError("name the objects, or use --all or -l SELECTOR");
  }
  return targets;
}

/** Resolves when the object is gone, even if a new object has its name. */
async function untilGone(client: Client, key: ObjectKey, uid: string | undefined): Promise<void> {
  for (;;) {
    const found = await client.get(key);
    if (found === undefined || found.metadata.uid !== uid) return;
    await sleep(POLL_MS);
  }
}

export const remove: CommandBody<DeleteFlags> = async (args, flags, terminal) => {
  const targets = deleteTargets(args, flags);
  const { client, now } = await connect(flags, terminal);
  const { objects, missing } = await fetchObjects(targets, flags, client, terminal);
  for (const object of objects) {
    await client.delete(keyOf(object), { propagation: POLICIES[flags.cascade] });
    if (flags.output === undefined)
      terminal.print(`${fullNameOf(object).split("/", 1)[0]} "${object.metadata.name}" deleted`);
  }
  if (flags.wait !== false)
    await Promise.all(objects.map((object) => untilGone(client, keyOf(object), object.metadata.uid)));
  if (flags.output !== undefined && (objects.length > 0 || !isOneName(targets))) {
    const options = { output: flags.output, headers: true, namespaces: false, kinds: true, now: await now() };
    terminal.print(printObjects(objects, isOneName(targets), options));
  }
  return flags.ignoreNotFound ? exitCodes.ok : reportMissing(missing, terminal);
};
