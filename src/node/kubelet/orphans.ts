// Containers, networks and volumes that dead sessions left on the engine, found by label. Unlabelled resources are
// never touched.
import type { ContainerRuntime } from "../runtime/runtime.ts";

/** Labels of every resource that knap creates on an engine. */
export const SESSION_LABEL = "knap.dev/session";
export const HOST_LABEL = "knap.dev/host";

export interface Orphan {
  readonly kind: "container" | "network" | "volume";
  readonly id: string;
  readonly name: string;
  readonly session: string;
  readonly host: string;
}

export interface OrphanSearch {
  readonly runtime: ContainerRuntime;
  /** Whether a session is alive; called once per session. */
  readonly isSessionLive: (session: string) => Promise<boolean> | boolean;
}

/** The resources of dead sessions of all hosts; containers first, because they use the others. */
export async function findOrphans({ runtime, isSessionLive }: OrphanSearch): Promise<readonly Orphan[]> {
  const [containers, networks, volumes] = await Promise.all([
    runtime.list(SESSION_LABEL),
    runtime.networks.list(SESSION_LABEL),
    runtime.volumes.list(SESSION_LABEL),
  ]);
  const found = [
    ...containers.map(({ id, name, labels }) => orphan("container", id, name, labels)),
    ...networks.map(({ id, name, labels }) => orphan("network", id, name, labels)),
    ...volumes.map(({ name, labels }) => orphan("volume", name, name, labels)),
  ];
  const live = new Map<string, boolean>();
  for (const { session } of found) if (!live.has(session)) live.set(session, await isSessionLive(session));
  return found.filter(({ session }) => live.get(session) === false);
}

/** Removes orphans; returns those that the engine refused to remove, for instance because they are in use. */
export async function removeOrphans(runtime: ContainerRuntime, orphans: readonly Orphan[]): Promise<readonly Orphan[]> {
  const kept: Orphan[] = [];
  const remove = async (kind: Orphan["kind"], run: (id: string) => Promise<void>): Promise<void> => {
    const ofKind = orphans.filter((one) => one.kind === kind);
    await Promise.all(ofKind.map((one) => run(one.id).catch(() => kept.push(one))));
  };
  await remove("container", (id) => runtime.remove(id));
  await remove("network", (id) => runtime.networks.close(id));
  await remove("volume", (name) => runtime.volumes.remove(name));
  return kept;
}

/** Removes the resources of dead sessions of this host; returns how many it removed. */
export async function sweepOrphans(search: OrphanSearch & { readonly hostId: string }): Promise<number> {
  const own = (await findOrphans(search)).filter(({ host }) => host === search.hostId);
  const kept = await removeOrphans(search.runtime, own);
  return own.length - kept.length;
}

function orphan(kind: Orphan["kind"], id: string, name: string, labels: Readonly<Record<string, string>>): Orphan {
  return { kind, id, name, session: labels[SESSION_LABEL] ?? "", host: labels[HOST_LABEL] ?? "" };
}
