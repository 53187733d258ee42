// `knap delete`: deletes objects and, without --no-wait, waits until they are gone.
import { kindOf, type Resource, resourceOf } from "../../apis/kinds.ts";
import { keyOf, type ObjectKey } from "../../apis/meta/key.ts";
import type { AnyObject } from "../../apis/meta/object.ts";
import type { Client } from "../../client/client.ts";
import { usageError } from "../cli-error.ts";
import type { GlobalFlags } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { fullName, parseTargets } from "../objects/targets.ts";
import { loadUsableProject } from "../project-loading.ts";
import { connect } from "../session/connect.ts";
import type { Terminal } from "../terminal.ts";
import { fetchTargets } from "./get.ts";

export interface DeleteFlags {
  readonly file?: readonly string[];
  readonly namespace?: string;
  readonly selector?: string;
  readonly all?: boolean;
  readonly ignoreNotFound?: boolean;
  readonly wait?: boolean;
  readonly cascade?: string;
}

const POLICIES = { background: "Background", foreground: "Foreground", orphan: "Orphan" } as const;

async function targetsOf(words: readonly string[], flags: DeleteFlags, client: Client, terminal: Terminal) {
  const namespace = flags.namespace ?? "default";
  if (flags.file !== undefined && words.length === 0) {
    const project = await loadUsableProject(flags, terminal);
    const found: AnyObject[] = [];
    for (const object of project.objects) {
      const live = object.kind === "Namespace" ? undefined : await client.get(keyOf(object));
      if (live !== undefined) found.push(live);
    }
    return { objects: found.reverse(), missing: [] };
  }
  const targets = parseTargets(words);
  if (!targets.ok) throw usageError(targets.error);
  if (targets.value.some(({ names }) => names.length === 0) && !flags.all && flags.selector === undefined) {
    throw usageError("name the objects, or use --all or -l SELECTOR");
  }
  return fetchTargets(client, targets.value, { namespace, selector: flags.selector });
}

/** Resolves when the object is gone, even if a new object has its name. */
async function untilGone(client: Client, key: ObjectKey, uid: string | undefined): Promise<void> {
  for (;;) {
    const found = await client.get(key);
    if (found === undefined || found.metadata.uid !== uid) return;
    await new Promise((done) => setTimeout(done, 100));
  }
}

export async function remove(
  words: readonly string[],
  flags: DeleteFlags & GlobalFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const propagation = POLICIES[(flags.cascade ?? "background") as keyof typeof POLICIES];
  if (propagation === undefined)
    throw usageError(`--cascade: "${flags.cascade}" is not background, foreground or orphan`);
  const { client } = await connect(flags, terminal);
  const { objects, missing } = await targetsOf(words, flags, client, terminal);
  for (const object of objects) {
    await client.delete(keyOf(object), { propagation });
    const resource = resourceOf(kindOf(object)) as Resource;
    const [kind = "", name = ""] = fullName(resource, object.metadata.name).split("/", 2);
    terminal.print(`${kind} "${name}" deleted`);
  }
  if (flags.wait !== false)
    await Promise.all(objects.map((object) => untilGone(client, keyOf(object), object.metadata.uid)));
  if (flags.ignoreNotFound) return exitCodes.ok;
  for (const error of missing) terminal.stderr.write(`${error.complaint.what}\n`);
  return missing.length > 0 ? exitCodes.failed : exitCodes.ok;
}
