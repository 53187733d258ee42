// Turns changes of objects and live figures into progress events. Reports each fact once.
import type { PodAutoscaler } from "../../apis/autoscaling/types.ts";
import type { Event, Pod } from "../../apis/core/types.ts";
import type { Condition } from "../../apis/meta/conditions.ts";
import { keyOf, type NamespacedName, namespacedName } from "../../apis/meta/key.ts";
import type { AnyObject } from "../../apis/meta/object.ts";
import { REVISION_LABEL } from "../../apis/serving/labels.ts";
import type { DomainMapping, Revision, Service } from "../../apis/serving/types.ts";
import type { Live } from "../../client/live.ts";
import { type Cause, notReadyCause } from "../objects/not-ready-cause.ts";
import { knownCause } from "./known-causes.ts";
import type { ProgressEvent } from "./progress-event.ts";

const idOf = (object: AnyObject): NamespacedName => namespacedName(keyOf(object));
const failing = (conditions: readonly Condition[] = []): Condition | undefined =>
  conditions.find(({ type, status, severity }) => type !== "Ready" && status === "False" && severity === undefined);

/** Reasons of Normal events that are reported: a pull takes long, and nothing else happens meanwhile. */
const PULLS: ReadonlySet<string> = new Set(["Pulling", "Pulled"]);

type Scaled = Extract<ProgressEvent, { type: "scaled" }>;

export interface TrackerOptions {
  /** The session ends with its first failure, as in `ci`. */
  readonly endsOnFailure?: boolean | undefined;
  /** The caller reports a failed Service at the end, so the tracker does not. */
  readonly failuresAtEnd?: boolean | undefined;
  /** Returns a Service's own loopback address; undefined if the user cannot reach it. */
  addressOf(namespace: string, name: string): string | undefined;
  /** Returns a command that reaches the URL from this machine; undefined if the URL alone does. */
  reachOf(url: string): string | undefined;
}

/** Remembers what it reported about each object. Every method returns the new events. */
export class ProgressTracker {
  readonly #options: TrackerOptions;
  /** Subject → last reported text. */
  readonly #reported = new Map<string, string>();
  readonly #scales = new Map<string, number>();
  readonly #revisions = new Map<string, Revision>();
  readonly #pods = new Map<string, Pod>();
  readonly #coldStarts = new Set<string>();
  /** Changes of scale. The next live report has their reason. */
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
    if (ready.status === "False" && this.#options.failuresAtEnd) return [];
    if (ready.status === "False") return this.#failure(subject, service, this.#causeOf(service));
    const { url = "", latestReadyRevisionName: revision = "" } = service.status ?? {};
    if (!this.#isNew(subject, `ready ${revision} ${url}`)) return [];
    const { addressOf, reachOf } = this.#options;
    const address = addressOf(namespace, name);
    return [{ type: "ready", namespace, service: name, url, revision, address, reach: reachOf(url) }];
  }

  /** Remembers the revision, whose status has the cause if its Service fails. Reports nothing. */
  revision(revision: Revision): readonly ProgressEvent[] {
    this.#revisions.set(idOf(revision), revision);
    return [];
  }

  /** Remembers the pod: its status completes the cause of a failed Service. Reports nothing. */
  pod(pod: Pod, deleted: boolean): readonly ProgressEvent[] {
    if (deleted) this.#pods.delete(idOf(pod));
    else this.#pods.set(idOf(pod), pod);
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

  /** Remembers the change. {@link live} reports it with its reason. */
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
    // Normal events of the node say that the engine responds again.
    const isNode = kind === "Node";
    if ((event.type !== "Warning" && !isNode) || this.#isRepeated(reason, message)) return [];
    if (!this.#isNew(`event ${about}${isNode ? "" : ` ${reason}`}`, message)) return [];
    const fix = message.startsWith("Failed to pull image") ? knownCause("ErrImagePull", message).fix : undefined;
    return [{ type: "event", about, reason, message, fix }];
  }

  /** Returns true if the failure of the Service has the same text. */
  #isRepeated(reason: string, message: string): boolean {
    if (reason === "LatestCreatedFailed" || message.startsWith("Unable to fetch image")) return true;
    return this.#options.failuresAtEnd === true && message.startsWith("Failed to pull image");
  }

  live(live: Live): readonly ProgressEvent[] {
    const scaled = this.#unexplained.splice(0).map((change) => withReason(change, live));
    const fresh = live.coldStarts.filter(({ pod, revision }) => !this.#coldStarts.has(`${revision} ${pod}`));
    for (const { pod, revision } of fresh) this.#coldStarts.add(`${revision} ${pod}`);
    const woke = fresh.map((coldStart): ProgressEvent => ({ type: "woke", ...coldStart }));
    return [...this.#https(live.https), ...scaled, ...woke];
  }

  /** Returns true if `text` differs from the last reported text of the subject. Remembers it. */
  #isNew(subject: string, text: string): boolean {
    if (this.#reported.get(subject) === text) return false;
    this.#reported.set(subject, text);
    return true;
  }

  #failure(
    subject: string,
    { metadata }: Service | DomainMapping,
    { reason = "", message = "" }: Partial<Cause>,
  ): readonly ProgressEvent[] {
    if (!this.#isNew(subject, `failed ${reason} ${message}`)) return [];
    const { namespace = "", name } = metadata;
    const { code, fix } = knownCause(reason, message, this.#options.endsOnFailure);
    return [{ type: "failed", namespace, service: name, code, reason, message, fix }];
  }

  #causeOf(service: Service): Cause {
    const newest = service.status?.latestCreatedRevisionName ?? "";
    const { namespace } = keyOf(service);
    const pods = [...this.#pods.values()].filter(
      ({ metadata }) => metadata.namespace === namespace && metadata.labels?.[REVISION_LABEL] === newest,
    );
    return notReadyCause(service, this.#revisions.get(namespacedName({ namespace, name: newest })), pods);
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

/** Returns the part after the colon of "stays at 2: …", if the sentence is about that scale. */
function reasonOf(sentence: string | undefined, scale: number): string | undefined {
  const match = /^(?:stays at (\d+)|is at (zero)): (.*)$/.exec(sentence ?? "");
  const sentenceScale = match?.[2] === undefined ? Number(match?.[1]) : 0;
  return sentenceScale === scale ? match?.[3] : undefined;
}
