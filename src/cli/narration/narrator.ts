// Turns changes of objects and live figures into happenings: each thing is told once, when it becomes true. It reads no clock and no API.
import type { PodAutoscaler } from "../../apis/autoscaling/types.ts";
import type { Event } from "../../apis/core/types.ts";
import type { Condition } from "../../apis/meta/condition.ts";
import type { Revision, Service } from "../../apis/serving/types.ts";
import type { Live } from "../../client/live.ts";
import { fixOf } from "./fix-table.ts";
import type { Happening } from "./happening.ts";

const idOf = ({ metadata }: { metadata: { namespace?: string; name: string } }) =>
  `${metadata.namespace ?? ""}/${metadata.name}`;
const failing = (conditions: readonly Condition[] = []): Condition | undefined =>
  conditions.find(({ type, status, severity }) => type !== "Ready" && status === "False" && severity === undefined);

/** The only good news among events that are worth a line: nothing else happens meanwhile. */
const PULLS: ReadonlySet<string> = new Set(["Pulling", "Pulled"]);

export interface Narrator {
  service(service: Service, deleted: boolean): readonly Happening[];
  revision(revision: Revision): readonly Happening[];
  /** Told with the next live report, which knows why. */
  scale(scaler: PodAutoscaler): void;
  event(event: Event): readonly Happening[];
  live(live: Live): readonly Happening[];
}

/** A narrator that has seen nothing yet. `addressOf` tells a Service's own loopback address. */
export function makeNarrator(addressOf: (namespace: string, name: string) => string | undefined): Narrator {
  const told = new Map<string, string>();
  const scales = new Map<string, number>();
  const revisions = new Map<string, Revision>();
  const wakes = new Set<string>();
  /** Changes of scale that wait for the next report, which says why. */
  const unexplained: Extract<Happening, { type: "scaled" }>[] = [];

  /** True when this is news about the subject. */
  const isNews = (subject: string, text: string): boolean => {
    if (told.get(subject) === text) return false;
    told.set(subject, text);
    return true;
  };

  /** The deepest cause that is known: the newest revision's own failing condition, else the Service's. */
  const causeOf = (service: Service, ready: Condition): Condition => {
    const newest = service.status?.latestCreatedRevisionName;
    const revision = revisions.get(`${service.metadata.namespace ?? ""}/${newest}`);
    return failing(revision?.status?.conditions) ?? failing(service.status?.conditions) ?? ready;
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
      return [{ type: "ready", ...about, url, revision, ...(address !== undefined && { address }) }];
    }
    const { reason = "", message = "" } = causeOf(service, ready);
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
    scale(scaler) {
      const to = scaler.status?.desiredScale;
      const key = idOf(scaler);
      const from = scales.get(key) ?? 0;
      if (to === undefined || to < 0 || to === from) return;
      scales.set(key, to);
      const { namespace = "", name: revision } = scaler.metadata;
      unexplained.push({ type: "scaled", namespace, revision, from, to });
    },
    event(event) {
      const { kind = "", name = "" } = event.involvedObject;
      const [about, reason, message] = [`${kind.toLowerCase()}/${name}`, event.reason ?? "", event.message ?? ""];
      // Pods that wait for one image say the same.
      if (PULLS.has(reason)) return isNews("pull", message) ? [{ type: "notice", text: message }] : [];
      // The engine may go away more than once, and that it is back is worth a line.
      const isNode = kind === "Node";
      if (event.type !== "Warning" && !isNode) return [];
      return isNews(`event ${about}${isNode ? "" : ` ${reason}`}`, message)
        ? [{ type: "event", about, reason, message }]
        : [];
    },
    live(live) {
      const scaled = unexplained.splice(0).map((change): Happening => {
        const why = reasonOf(live.revisions[`${change.namespace}/${change.revision}`]?.sentence, change.to);
        return why === undefined ? change : { ...change, why };
      });
      const fresh = live.wakes.filter(({ pod, revision }) => !wakes.has(`${revision} ${pod}`));
      for (const { pod, revision } of fresh) wakes.add(`${revision} ${pod}`);
      return [...scaled, ...fresh.map((wake): Happening => ({ type: "woke", ...wake }))];
    },
  };
}

/** Why the scale is what it became: what follows the colon of "stays at 2: …", if the sentence speaks of that scale. */
function reasonOf(sentence: string | undefined, scale: number): string | undefined {
  const match = /^(?:stays at (\d+)|is at (zero)): (.*)$/.exec(sentence ?? "");
  const spokenOf = match?.[2] === undefined ? Number(match?.[1]) : 0;
  return spokenOf === scale ? match?.[3] : undefined;
}
