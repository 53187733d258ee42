// Finds and removes the containers, networks and volumes that dead sessions left on the engine. It never touches
// resources without knap's labels.
import { isProcessLive } from "../runtime/process/process-identity.ts";
import type { ContainerRuntime } from "../runtime/runtime.ts";

/** Labels of every resource that knap creates on an engine. */
export const SESSION_LABEL = "knap.dev/session";
export const HOST_LABEL = "knap.dev/host";
/** The identity of the session's process. It shows that a session is alive if its folder cannot be read. */
export const PROCESS_LABEL = "knap.dev/process";

export interface LabelledResource {
  readonly kind: "container" | "network" | "volume";
  readonly id: string;
  readonly name: string;
  readonly session: string;
  readonly host: string;
  /** `unknown`: the session may be of another machine or pid namespace, so this process cannot check it. */
  readonly state: "live" | "ended" | "unknown";
}

/** A resource of a session that is not known to be alive. */
export type Orphan = LabelledResource;

export interface OrphanSearch {
  readonly runtime: ContainerRuntime;
  /** Whether the folder of a session shows that it is alive. */
  readonly isSessionLive: (session: string) => Promise<boolean> | boolean;
}

/** Finds the resources of all hosts' sessions that are dead or unknown. */
export async function findOrphans(search: OrphanSearch): Promise<readonly Orphan[]> {
  return (await listLabelled(search)).filter(({ state }) => state !== "live");
}

/** Finds the resources of all sessions of all hosts. Containers come first, because they use the others. */
export async function listLabelled({ runtime, isSessionLive }: OrphanSearch): Promise<readonly LabelledResource[]> {
  const [containers, networks, volumes] = await Promise.all([
    runtime.list(SESSION_LABEL),
    runtime.networks.list(SESSION_LABEL),
    runtime.volumes.list(SESSION_LABEL),
  ]);
  const found = [
    ...containers.map(({ id, name, labels }) => ({ kind: "container" as const, id, name, labels })),
    ...networks.map(({ id, name, labels }) => ({ kind: "network" as const, id, name, labels })),
    ...volumes.map(({ name, labels }) => ({ kind: "volume" as const, id: name, name, labels })),
  ];
  const live = new Map<string, boolean | undefined>();
  for (const { labels } of found) {
    const session = labels[SESSION_LABEL] ?? "";
    // Volumes of claims do not have the label of the process, so all resources of the session are asked.
    if (live.get(session) !== undefined) continue;
    const byFolder = live.has(session) ? false : await isSessionLive(session);
    live.set(session, byFolder || (await isProcessLive(labels[PROCESS_LABEL] ?? "")));
  }
  return found.map(({ kind, id, name, labels }) => {
    const [session = "", host = ""] = [labels[SESSION_LABEL], labels[HOST_LABEL]];
    const isLive = live.get(session);
    return { kind, id, name, session, host, state: isLive === undefined ? "unknown" : isLive ? "live" : "ended" };
  });
}

/** Removes orphans. Returns those that the engine did not remove, for instance because they are in use. */
export async function removeOrphans(runtime: ContainerRuntime, orphans: readonly Orphan[]): Promise<readonly Orphan[]> {
  const kept: Orphan[] = [];
  const remove = async (kind: Orphan["kind"], run: (id: string) => Promise<void>): Promise<void> => {
    const ofKind = orphans.filter((orphan) => orphan.kind === kind);
    await Promise.all(ofKind.map((orphan) => run(orphan.id).catch(() => kept.push(orphan))));
  };
  await remove("container", (id) => runtime.remove(id));
  await remove("network", (id) => runtime.networks.close(id));
  await remove("volume", (name) => runtime.volumes.remove(name));
  return kept;
}

/** Removes the resources of dead sessions of this host. Returns how many it removed. */
export async function sweepOrphans(search: OrphanSearch & { readonly hostId: string }): Promise<number> {
  const own = (await findOrphans(search)).filter(({ host }) => host === search.hostId);
  const kept = await removeOrphans(search.runtime, own);
  return own.length - kept.length;
}
