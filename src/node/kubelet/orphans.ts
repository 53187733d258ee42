// What sessions that are no more left on the engine: found by label, removed only when it is this host's and no session of it lives. Never touches anything unlabelled.
import type { ContainerRuntime } from "../runtime/runtime.ts";

/** Labels that everything made on an engine carries. */
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
  /** Whether a session is alive; asked once per session. */
  readonly isSessionLive: (session: string) => Promise<boolean> | boolean;
}

/** Everything of sessions that are not alive, of all hosts; containers first, for nothing else can go before them. */
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

/** Removes them; what cannot be removed (in use by someone else) is returned. */
export async function removeOrphans(runtime: ContainerRuntime, orphans: readonly Orphan[]): Promise<readonly Orphan[]> {
  const left: Orphan[] = [];
  const remove = async (kind: Orphan["kind"], run: (id: string) => Promise<void>): Promise<void> => {
    const chosen = orphans.filter((one) => one.kind === kind);
    await Promise.all(chosen.map((one) => run(one.id).catch(() => left.push(one))));
  };
  await remove("container", (id) => runtime.remove(id));
  await remove("network", (id) => runtime.networks.close(id));
  await remove("volume", (name) => runtime.volumes.remove(name));
  return left;
}

/** At a start: removes what dead sessions of this host left, and says how much that was. */
export async function sweepOrphans(search: OrphanSearch & { readonly hostId: string }): Promise<number> {
  const ours = (await findOrphans(search)).filter(({ host }) => host === search.hostId);
  const left = await removeOrphans(search.runtime, ours);
  return ours.length - left.length;
}

function orphan(kind: Orphan["kind"], id: string, name: string, labels: Readonly<Record<string, string>>): Orphan {
  return { kind, id, name, session: labels[SESSION_LABEL] ?? "", host: labels[HOST_LABEL] ?? "" };
}
