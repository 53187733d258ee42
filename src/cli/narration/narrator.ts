// Turns changes of objects and live figures into happenings: each thing is told once, when it becomes true. It reads no clock and no API.
import type { PodAutoscaler } from "../../apis/autoscaling/types.ts";
import type { Event } from "../../apis/core/types.ts";
import type { Condition } from "../../apis/meta/condition.ts";
import type { DomainMapping, Revision, Service } from "../../apis/serving/types.ts";
import type { Live } from "../../client/live.ts";
import { fixOf } from "./fix-table.ts";
import type { Happening } from "./happening.ts";

const idOf = ({ metadata }: { metadata: { namespace?: string; name: string } }) =>
  `${metadata.namespace ?? ""}/${metadata.name}`;
const failing = (conditions: readonly Condition[] = []): Condition | undefined =>
  conditions.find(({ type, status, severity }) => type !== "Ready" && status === "False" && severity === undefined);

/** The only good news among events that are worth a line: nothing else happens meanwhile. */
const PULLS: ReadonlySet<string> = new Set(["Pulling", "Pulled"]);

type Scaled = Extract<Happening, { type: "scaled" }>;

export interface Narrator {
  service(service: Service, deleted: boolean): readonly Happening[];
  revision(revision: Revision): readonly Happening[];
  mapping(mapping: DomainMapping, deleted: boolean): readonly Happening[];
  /** Told with the next live report, which knows why. */
  scale(scaler: PodAutoscaler): void;
  event(event: Event): readonly Happening[];
  live(live: Live): readonly Happening[];
}

export interface Places {
  /** A Service's own loopback address; undefined where nobody could use it. */
  addressOf(namespace: string, name: string): string | undefined;
  /** What to type to reach a URL from here; undefined where the URL is enough. */
  reachOf(url: string): string | undefined;
}

/** What tells once needs. */
interface News {
  /** True when this is news about the subject. */
  isNews(subject: string, text: string): boolean;
  reach(url: string): { readonly reach?: string };
}

/** A narrator that has seen nothing yet. */
export function makeNarrator({ addressOf, reachOf }: Places): Narrator {
  const told = new Map<string, string>();
  const scales = new Map<string, number>();
  const revisions = new Map<string, Revision>();
  const coldStarts = new Set<string>();
  /** Changes of scale that wait for the next report, which says why. */
  const unexplained: Scaled[] = [];

  const isNews = (subject: string, text: string): boolean => {
    if (told.get(subject) === text) return false;
    told.set(subject, text);
    return true;
  };

  const reach = (url: string): { readonly reach?: string } => {
    const typed = reachOf(url);
    return typed === undefined ? {} : { reach: typed };
  };

  const tell = (service: Service): readonly Happening[] => {
    const { namespace = "", name } = service.metadata;
    const ready = service.status?.conditions?.find(({ type }) => type === "Ready");
    const behind = service.status?.observedGeneration !== service.metadata.generation;
    if (ready === undefined || behind || ready.status === "Unknown") return [];
    const about = { namespace, service: name };
    if (ready.status === "True") {
      const { url = "", latestReadyRevisionName: revision = "" } = service.status ?? {};
      if (!isNews(`service ${idOf(service)}`, `ready ${revision} ${url}`)) return [];
      const address = addressOf(namespace, name);
      return [{ type: "ready", ...about, url, revision, ...(address !== undefined && { address }), ...reach(url) }];
    }
    const { reason = "", message = "" } = causeOf(service, ready, revisions);
    if (!isNews(`service ${idOf(service)}`, `failed ${reason} ${message}`)) return [];
    const fix = fixOf(reason, message);
    return [{ type: "failed", ...about, reason, message, ...(fix !== undefined && { fix }) }];
  };

  return {
    service(service, deleted) {
      if (!deleted) return tell(service);
      told.delete(`service ${idOf(service)}`);
      return [{ type: "deleted", namespace: service.metadata.namespace ?? "", service: service.metadata.name }];
    },
    revision(revision) {
      revisions.set(idOf(revision), revision);
      return [];
    },
    mapping(mapping, deleted) {
      if (!deleted) return mappingNews(mapping, { isNews, reach });
      told.delete(`mapping ${idOf(mapping)}`);
      return [];
    },
    scale(scaler) {
      const to = scaler.status?.desiredScale;
      const key = idOf(scaler);
      const from = scales.get(key) ?? 0;
      if (to === undefined || to < 0 || to === from) return;
      scales.set(key, to);
      const { namespace = "", name: revision } = scaler.metadata;
      unexplained.push({ type: "scaled", namespace, revision, from, to });
    },
    event: (event) => eventNews(event, isNews),
    live(live) {
      const scaled = unexplained.splice(0).map((change) => withReason(change, live));
      const fresh = live.coldStarts.filter(({ pod, revision }) => !coldStarts.has(`${revision} ${pod}`));
      for (const { pod, revision } of fresh) coldStarts.add(`${revision} ${pod}`);
      return [
        ...httpsNews(live.https, isNews),
        ...scaled,
        ...fresh.map((wake): Happening => ({ type: "woke", ...wake })),
      ];
    },
  };
}

/** The deepest cause that is known: the newest revision's own failing condition, else the Service's. */
function causeOf(service: Service, ready: Condition, revisions: ReadonlyMap<string, Revision>): Condition {
  const newest = service.status?.latestCreatedRevisionName;
  const revision = revisions.get(`${service.metadata.namespace ?? ""}/${newest}`);
  return failing(revision?.status?.conditions) ?? failing(service.status?.conditions) ?? ready;
}

function mappingNews(mapping: DomainMapping, { isNews, reach }: News): readonly Happening[] {
  const { namespace = "", name } = mapping.metadata;
  const subject = `mapping ${idOf(mapping)}`;
  const { conditions, url = "" } = mapping.status ?? {};
  const ready = conditions?.find(({ type }) => type === "Ready");
  if (ready === undefined || ready.status === "Unknown") return [];
  if (ready.status === "True") {
    return isNews(subject, url) ? [{ type: "mapped", namespace, domain: name, url, ...reach(url) }] : [];
  }
  const { reason = "", message = "" } = failing(conditions) ?? ready;
  const fix = fixOf(reason, message);
  return isNews(subject, `${reason} ${message}`)
    ? [{ type: "failed", namespace, service: name, reason, message, ...(fix && { fix }) }]
    : [];
}

function eventNews(event: Event, isNews: News["isNews"]): readonly Happening[] {
  const { kind = "", name = "" } = event.involvedObject;
  const [about, reason, message] = [`${kind.toLowerCase()}/${name}`, event.reason ?? "", event.message ?? ""];
  // Pods that wait for one image say the same.
  if (PULLS.has(reason)) return isNews("pull", message) ? [{ type: "notice", text: message }] : [];
  // The engine may go away more than once, and that it is back is worth a line.
  const isNode = kind === "Node";
  if (event.type !== "Warning" && !isNode) return [];
  const subject = `event ${about}${isNode ? "" : ` ${reason}`}`;
  const fix = message.startsWith("Failed to pull image") ? fixOf("ErrImagePull", message) : undefined;
  return isNews(subject, message) ? [{ type: "event", about, reason, message, ...(fix && { fix }) }] : [];
}

function httpsNews(https: Live["https"], isNews: News["isNews"]): readonly Happening[] {
  if (https === undefined || !isNews("https", String(https.port))) return [];
  const text = `https is served on port ${https.port}; clients have to trust ${https.authority} (curl --cacert)`;
  return [{ type: "notice", text }];
}

function withReason(change: Scaled, { revisions }: Live): Scaled {
  const why = reasonOf(revisions[`${change.namespace}/${change.revision}`]?.sentence, change.to);
  return why === undefined ? change : { ...change, why };
}

/** Why the scale is what it became: what follows the colon of "stays at 2: …", if the sentence speaks of that scale. */
function reasonOf(sentence: string | undefined, scale: number): string | undefined {
  const match = /^(?:stays at (\d+)|is at (zero)): (.*)$/.exec(sentence ?? "");
  const spokenOf = match?.[2] === undefined ? Number(match?.[1]) : 0;
  return spokenOf === scale ? match?.[3] : undefined;
}
