// Finds and removes the containers, networks and volumes that dead sessions left on the engine. It never touches
// resources without knap's labels.
import { isOfOtherBoot, isProcessLive } from "../runtime/process/process-identity.ts";
import type { ContainerRuntime, OwnContainer, RuntimeContainer } from "../runtime/runtime.ts";

/** Labels of every resource that knap creates on an engine. */
export const SESSION_LABEL = "knap.dev/session";
export const HOST_LABEL = "knap.dev/host";
/** Identifies the session's process. If the session's folder cannot be read, knap checks whether this process runs. */
export const PROCESS_LABEL = "knap.dev/process";
/**
 * The container in which knap itself runs, if it does: see {@link knapContainerLabel}. Other pid namespaces cannot see
 * that process, so knap asks the engine whether the container still runs.
 */
export const KNAP_CONTAINER_LABEL = "knap.dev/session-container";

export function knapContainerLabel({ id, startedAt }: OwnContainer): string {
  return `${id}/${startedAt}`;
}

export interface LabelledResource {
  readonly kind: "container" | "network" | "volume";
  readonly id: string;
  readonly name: string;
  readonly session: string;
  readonly host: string;
  /** `unknown`: the session may be alive on another machine or in another pid namespace. */
  readonly state: "live" | "ended" | "unknown";
}

/** A resource of a session that is not known to be alive. */
export type Orphan = LabelledResource;

export interface OrphanSearch {
  readonly runtime: ContainerRuntime;
  /** The id of this host. */
  readonly hostId: string;
  /** Whether the folder of a session shows that it is alive. */
  readonly isSessionLive: (session: string) => Promise<boolean> | boolean;
}

/** Finds the resources of all hosts' sessions that are dead or unknown. */
export async function findOrphans(search: OrphanSearch): Promise<readonly Orphan[]> {
  return (await listLabelled(search)).filter(({ state }) => state !== "live");
}

/** Finds the resources of all sessions of all hosts. Containers come first, because they use the others. */
export async function listLabelled(search: OrphanSearch): Promise<readonly LabelledResource[]> {
  const { runtime } = search;
  const [labelledContainers, networks, volumes] = await Promise.all([
    runtime.list(SESSION_LABEL),
    runtime.networks.list(SESSION_LABEL),
    runtime.volumes.list(SESSION_LABEL),
  ]);
  // A user's container has the labels of the image that knap built. It does not have a name of knap.
  const containers = labelledContainers.filter(isNamedByKnap);
  const found = [
    ...containers.map(({ id, name, labels }) => ({ kind: "container" as const, id, name, labels })),
    ...networks.map(({ id, name, labels }) => ({ kind: "network" as const, id, name, labels })),
    ...volumes.map(({ name, labels }) => ({ kind: "volume" as const, id: name, name, labels })),
  ];
  const labelled = found.map((resource) => {
    const { [SESSION_LABEL]: session = "", [HOST_LABEL]: host = "" } = resource.labels;
    return { ...resource, session, host };
  });
  const states = new Map<string, LabelledResource["state"]>();
  for (const { session, host } of labelled) {
    if (states.has(session)) continue;
    const labels = Object.assign({}, ...labelled.filter((other) => other.session === session).map((one) => one.labels));
    const own = containers.filter((container) => container.labels[SESSION_LABEL] === session);
    states.set(session, await stateOf(search, { session, host, labels, containers: own }));
  }
  return labelled.map(({ kind, id, name, session, host }) => {
    return { kind, id, name, session, host, state: states.get(session) ?? "unknown" };
  });
}

/** Resolves with the state of the session that made something with these labels. */
export async function stateOfSession(
  search: OrphanSearch,
  labels: Readonly<Record<string, string>>,
): Promise<LabelledResource["state"]> {
  const { [SESSION_LABEL]: session = "", [HOST_LABEL]: host = "" } = labels;
  const containers = (await search.runtime.list(`${SESSION_LABEL}=${session}`)).filter(isNamedByKnap);
  return stateOf(search, { session, host, labels, containers });
}

/** Every container of a session is named with the prefix of the session. */
function isNamedByKnap({ name, labels }: RuntimeContainer): boolean {
  const prefix = `knap-${labels[SESSION_LABEL]}`;
  return name === prefix || name.startsWith(`${prefix}_`);
}

interface SessionTraces {
  readonly session: string;
  readonly host: string;
  /** The labels of all its resources. */
  readonly labels: Readonly<Record<string, string>>;
  readonly containers: readonly RuntimeContainer[];
}

async function stateOf(
  { runtime, hostId, isSessionLive }: OrphanSearch,
  { session, host, labels, containers }: SessionTraces,
): Promise<LabelledResource["state"]> {
  if (await isSessionLive(session)) return "live";
  const { [PROCESS_LABEL]: identity, [KNAP_CONTAINER_LABEL]: knapContainer } = labels;
  const isLive = await isProcessLive(identity ?? "");
  if (isLive !== undefined) return isLive ? "live" : "ended";
  if (knapContainer !== undefined) {
    const [id = ""] = knapContainer.split("/");
    const { status, startedAt = "" } = (await runtime.inspect(id)) ?? {};
    // A restart of the container ends the session.
    return status === "running" && knapContainerLabel({ id, startedAt }) === knapContainer ? "unknown" : "ended";
  }
  if (host !== hostId) return "unknown";
  // Only sessions set the label. Other commands, such as doctor, do not use their resources after they exit.
  if (identity === undefined) return "ended";
  // The last boot of this host stopped the session's containers. If one runs, another machine has the same host id.
  return isOfOtherBoot(identity) && !containers.some(({ status }) => status === "running") ? "ended" : "unknown";
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

/** Removes the resources of ended sessions of this host. Returns how many it removed. */
export async function sweepOrphans(search: OrphanSearch): Promise<number> {
  const found = await listLabelled(search);
  const own = found.filter(({ host, state }) => host === search.hostId && state === "ended");
  const kept = await removeOrphans(search.runtime, own);
  return own.length - kept.length;
}
