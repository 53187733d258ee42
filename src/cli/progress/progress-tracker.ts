// Turns changes of objects and live figures into progress events; each fact is reported once. It reads no clock and no
// API.
import type { PodAutoscaler } from "../../apis/autoscaling/types.ts";
import type { Event } from "../../apis/core/types.ts";
import type { Condition } from "../../apis/meta/conditions.ts";
import { keyOf, type NamespacedName, namespacedName } from "../../apis/meta/key.ts";
import type { AnyObject } from "../../apis/meta/object.ts";
import type { DomainMapping, Revision, Service } from "../../apis/serving/types.ts";
import type { Live } from "../../client/live.ts";
import { fixOf, type ProgressEvent } from "./progress-event.ts";

const idOf = (object: AnyObject): NamespacedName => namespacedName(keyOf(object));
const failing = (conditions: readonly Condition[] = []): Condition | undefined =>
  conditions.find(({ type, status, severity }) => type !== "Ready" && status === "False" && severity === undefined);

/** Normal events that are reported, because a pull takes long and nothing else happens meanwhile. */
const PULLS: ReadonlySet<string> = new Set(["Pulling", "Pulled"]);

type Scaled = Extract<ProgressEvent, { type: "scaled" }>;

export interface TrackerOptions {
  /** The session ends with its first failure, as in `ci`, so that no fix names `knap logs`. */
  readonly endsOnFailure?: boolean | undefined;
  /** A Service's own loopback address; undefined where the user cannot reach loopback. */
  addressOf(namespace: string, name: string): string | undefined;
  /** The command that reaches a URL from this machine; undefined where the URL alone does. */
  reachOf(url: string): string | undefined;
}

/** Remembers what was reported of each object. Every method returns the events that are new. */
export class ProgressTracker {
  readonly #options: TrackerOptions;
  /** Subject → text that was reported last. */
  readonly #reported = new Map<string, string>();
  readonly #scales = new Map<string, number>();
  readonly #revisions = new Map<string, Revision>();
  readonly #coldStarts = new Set<string>();
  /** Changes of scale that wait for the next live report, which gives the reason. */
  readonly #unexplained: Scaled[] = [];

  constructor(options: TrackerOptions) {
    this.#options = options;
  }

  service(service: Service, deleted: boolean): readonly ProgressEvent[] {
    const { namespace = "", name } = service.metadata;
    const subject = `service ${idOf(service)}`;
    if (deleted) {
      this.#reported.delete(subject);
      return [{ type: "deleted", namespace, service: name }];
    }
    const ready = service.status?.conditions?.find(({ type }) => type === "Ready");
    const isStale = service.status?.observedGeneration !== service.metadata.generation;
    if (ready === undefined || isStale || ready.status === "Unknown") return [];
    if (ready.status === "False") return this.#failure(subject, service, this.#causeOf(service, ready));
    const { url = "", latestReadyRevisionName: revision = "" } = service.status ?? {};
    if (!this.#isNew(subject, `ready ${revision} ${url}`)) return [];
    const { addressOf, reachOf } = this.#options;
    const address = addressOf(namespace, name);
    return [{ type: "ready", namespace, service: name, url, revision, address, reach: reachOf(url) }];
  }

  /** Reports nothing: a failed Service reads the cause from its revision. */
  revision(revision: Revision): readonly ProgressEvent[] {
    this.#revisions.set(idOf(revision), revision);
    return [];
  }

  mapping(mapping: DomainMapping, deleted: boolean): readonly ProgressEvent[] {
    const { namespace = "", name } = mapping.metadata;
    const subject = `mapping ${idOf(mapping)}`;
    if (deleted) this.#reported.delete(subject);
    const { conditions, url = "" } = mapping.status ?? {};
    const ready = conditions?.find(({ type }) => type === "Ready");
    if (deleted || ready === undefined || ready.status === "Unknown") return [];
    if (ready.status === "False") return this.#failure(subject, mapping, failing(conditions) ?? ready);
    if (!this.#isNew(subject, url)) return [];
    return [{ type: "mapped", namespace, domain: name, url, reach: this.#options.reachOf(url) }];
  }

  /** Reported with the next live report, which gives the reason. */
  scale(scaler: PodAutoscaler): void {
    const to = scaler.status?.desiredScale;
    const key = idOf(scaler);
    const from = this.#scales.get(key) ?? 0;
    if (to === undefined || to < 0 || to === from) return;
    this.#scales.set(key, to);
    const { namespace = "", name: revision } = scaler.metadata;
    this.#unexplained.push({ type: "scaled", namespace, revision, from, to });
  }

  event(event: Event): readonly ProgressEvent[] {
    const { kind = "", name = "" } = event.involvedObject;
    const [about, reason, message] = [`${kind.toLowerCase()}/${name}`, event.reason ?? "", event.message ?? ""];
    // Every pod that waits for the same image has the same message.
    if (PULLS.has(reason)) return this.#isNew("pull", message) ? [{ type: "notice", text: message }] : [];
    // Of the node, Normal events count too: the engine may go away and come back several times.
    const isNode = kind === "Node";
    if (event.type !== "Warning" && !isNode) return [];
    if (!this.#isNew(`event ${about}${isNode ? "" : ` ${reason}`}`, message)) return [];
    const fix = message.startsWith("Failed to pull image") ? fixOf("ErrImagePull", message) : undefined;
    return [{ type: "event", about, reason, message, fix }];
  }

  live(live: Live): readonly ProgressEvent[] {
    const scaled = this.#unexplained.splice(0).map((change) => withReason(change, live));
    const fresh = live.coldStarts.filter(({ pod, revision }) => !this.#coldStarts.has(`${revision} ${pod}`));
    for (const { pod, revision } of fresh) this.#coldStarts.add(`${revision} ${pod}`);
    const woke = fresh.map((coldStart): ProgressEvent => ({ type: "woke", ...coldStart }));
    return [...this.#https(live.https), ...scaled, ...woke];
  }

  /** Whether `text` differs from what was reported last of the subject. */
  #isNew(subject: string, text: string): boolean {
    if (this.#reported.get(subject) === text) return false;
    this.#reported.set(subject, text);
    return true;
  }

  #failure(subject: string, { metadata }: Service | DomainMapping, cause: Condition): readonly ProgressEvent[] {
    const { reason = "", message = "" } = cause;
    if (!this.#isNew(subject, `failed ${reason} ${message}`)) return [];
    const { namespace = "", name } = metadata;
    return [
      {
        type: "failed",
        namespace,
        service: name,
        reason,
        message,
        fix: fixOf(reason, message, this.#options.endsOnFailure),
      },
    ];
  }

  /** The deepest known cause: the newest revision's failing condition, else the Service's. */
  #causeOf(service: Service, ready: Condition): Condition {
    const newest = service.status?.latestCreatedRevisionName;
    const revision = this.#revisions.get(namespacedName({ ...keyOf(service), name: newest ?? "" }));
    return failing(revision?.status?.conditions) ?? failing(service.status?.conditions) ?? ready;
  }

  #https(https: Live["https"]): readonly ProgressEvent[] {
    if (https === undefined || !this.#isNew("https", String(https.port))) return [];
    const text = `https is served on port ${https.port}; clients must trust ${https.authority} (curl --cacert)`;
    return [{ type: "notice", text }];
  }
}

function withReason(change: Scaled, { revisions }: Live): Scaled {
  const { sentence } = revisions[namespacedName({ namespace: change.namespace, name: change.revision })] ?? {};
  return { ...change, why: reasonOf(sentence, change.to) };
}

/** The part after the colon of "stays at 2: …", if the sentence is about that scale. */
function reasonOf(sentence: string | undefined, scale: number): string | undefined {
  const match = /^(?:stays at (\d+)|is at (zero)): (.*)$/.exec(sentence ?? "");
  const sentenceScale = match?.[2] === undefined ? Number(match?.[1]) : 0;
  return sentenceScale === scale ? match?.[3] : undefined;
}
