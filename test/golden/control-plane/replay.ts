// Replays a transcript and records every difference.

import type { Event } from "../../../src/apis/core/types.ts";
import { type Kind, resources } from "../../../src/apis/kinds.ts";
import type { AnyObject } from "../../../src/apis/meta/object.ts";
import { applyMergePatch } from "../../../src/base/json.ts";
import { differences } from "./compare.ts";
import { normalise, readJsonAnnotations } from "./normalise.ts";
import { perform } from "./operations.ts";
import { ScriptedWorld } from "./scripted-world.ts";
import type { Json, RecordedEvent, Step, Transcript } from "./transcript.ts";

/** The differences as texts, by priority. */
export interface Findings {
  readonly exact: string[];
  readonly apart: string[];
}
const NEVER_RECORDED = ["Pod", "Event", "ConfigMap", "Namespace", "Node", "ServiceAccount"];
const ROUTES = "/metadata/annotations/serving.knative.dev~1routes";

export function replay(transcript: Transcript): Findings {
  return new Replay(transcript).run();
}

class Replay {
  readonly #transcript: Transcript;
  readonly #world: ScriptedWorld;
  readonly #names = new Map<string, string>();
  readonly #uids = new Map<string, string>();
  readonly #expected = new Map<string, Json>();
  #actual = new Map<string, Json>();
  #events: RecordedEvent[] = [];
  readonly #findings: Findings = { exact: [], apart: [] };

  constructor(transcript: Transcript) {
    this.#transcript = transcript;
    this.#world = new ScriptedWorld(transcript.configMaps);
    this.#world.store.watch({}, ({ object, type }) => {
      const name = `${titleOf(object)}/${object.metadata.name}`;
      this.#names.set(object.metadata.uid ?? "", name);
      this.#uids.set(name, object.metadata.uid ?? "");
      if (object.kind === "Event" && type !== "DELETED") this.#noteEvent(object as Event);
    });
  }

  run(): Findings {
    for (const [index, step] of this.#transcript.steps.entries()) {
      const before = this.#actual;
      this.#events = [];
      this.#world.clock.advance(1000);
      const refused = perform(this.#world, step, (name) => this.#uids.get(name) ?? `no uid of ${name}`);
      this.#actual = this.#snapshot();
      if (!step.setup && !this.#transcript.orderDependent) this.#compareStep(index, step, before, refused);
    }
    if (this.#transcript.orderDependent) this.#compareReadiness();
    this.#findings.exact.push(...this.#world.overlooked);
    return this.#findings;
  }

  #noteEvent({ involvedObject, type = "Normal", reason = "", message = "" }: Event): void {
    if (reason === "InternalError") return;
    const { kind = "", name = "" } = involvedObject;
    this.#events.push({ kind, name: this.#told(name), type, reason, message: this.#told(message) });
  }

  #told(text: string): string {
    return (
      normalise({ apiVersion: "", kind: "", metadata: {}, text }, (uid) => this.#uidText(uid), true) as { text: string }
    ).text;
  }

  #uidText(uid: string): string {
    return `{{uid:${this.#names.get(uid) ?? uid}}}`;
  }

  #snapshot(): Map<string, Json> {
    const { store } = this.#world;
    const found = new Map<string, Json>();
    for (const { kind, name } of resources) {
      if (NEVER_RECORDED.includes(name)) continue;
      for (const object of store.list(kind as Kind) as readonly AnyObject[]) {
        const { namespace = "", ...metadata } = object.metadata;
        if (namespace !== "default" && namespace !== "") continue;
        const service = kind === "Endpoints" ? store.get("Service", namespace, metadata.name) : undefined;
        if (service?.spec.selector) continue;
        const normalised = normalise(
          object as unknown as Json,
          (uid) => this.#uidText(uid),
          this.#transcript.full ?? false,
        );
        found.set(`${titleOf(object)} ${(normalised["metadata"] as { name: string }).name}`, normalised);
      }
    }
    return found;
  }

  #compareStep(index: number, step: Step, before: Map<string, Json>, refused: Map<number, string>): void {
    const report = (text: string, apart = false) =>
      (apart ? this.#findings.apart : this.#findings.exact).push(`step ${index}: ${text}`);
    this.#compareRefusals(step, refused, report);
    for (const name of step.deleted ?? []) this.#expected.delete(name);
    for (const change of step.changed ?? []) this.#expect(change, report);
    for (const [name, expected] of this.#expected) {
      const actual = this.#actual.get(name);
      if (!actual) report(`${name} is missing`);
      else
        for (const difference of differences(expected, actual, looseOf(step, name))) {
          const { pointer, expected: a, actual: b, apart } = difference;
          report(`${name} ${pointer}: expected ${JSON.stringify(a)}, is ${JSON.stringify(b)}`, apart);
        }
    }
    for (const [name, actual] of this.#actual) {
      if (this.#expected.has(name)) continue;
      const old = before.get(name);
      if (!old || step.deleted?.includes(name)) report(`${name} should not be there`);
      else
        for (const { pointer, actual: b, apart } of differences(old, actual, looseOf(step, name))) {
          report(`${name} ${pointer} should not change, is ${JSON.stringify(b)}`, apart);
        }
    }
    this.#compareEvents(step, report);
    this.#compareErrors(step, report);
  }

  #expect(change: Json, report: (text: string) => void): void {
    const isComplete = change["metadata"] !== undefined;
    const object = change as unknown as AnyObject & { name: string };
    const name = `${titleOf(object)} ${isComplete ? object.metadata.name : object.name}`;
    const old = this.#expected.get(name);
    if (isComplete) this.#expected.set(name, readJsonAnnotations(change));
    else if (old) this.#expected.set(name, readJsonAnnotations(patched(old, change["patch"])));
    else report(`${name} is patched but was never recorded`);
  }

  #compareRefusals(step: Step, refused: Map<number, string>, report: (text: string) => void): void {
    for (const { op, message } of step.rejected ?? []) {
      const actual = refused.get(op);
      if (!actual?.endsWith(message)) report(`operation ${op} should be refused: ${message}; is ${actual}`);
      refused.delete(op);
    }
    for (const [op, message] of refused) report(`operation ${op} should not be refused: ${message}`);
  }

  #compareEvents(step: Step, report: (text: string) => void): void {
    const text = ({ kind, name, type, reason, message }: RecordedEvent) =>
      `${type} ${kind}/${name} ${reason}: ${message}`;
    const recorded = step.events ?? [];
    const actualEvents = new Set(this.#events.map(text));
    for (const event of recorded) if (!event.maybe && !actualEvents.has(text(event))) report(`no event ${text(event)}`);
    const allowed = new Set(recorded.map(text));
    for (const event of this.#events) {
      const harmless = event.reason === "LatestCreatedFailed";
      if (!harmless && !allowed.has(text(event))) report(`unexpected event ${text(event)}`);
    }
  }

  #compareErrors(step: Step, report: (text: string, apart?: boolean) => void): void {
    const failures = new Map(
      this.#world.controller.failures().map(({ reconciler, key, error }) => [`${reconciler} ${key.name}`, error]),
    );
    for (const { controller, key, error } of step.errors ?? []) {
      const actual = failures.get(`${controller} ${key}`);
      if (actual === undefined) report(`${controller} should fail on ${key}`);
      else if (actual !== error) report(`${controller} should fail on ${key} with ${error}; says ${actual}`, true);
      failures.delete(`${controller} ${key}`);
    }
    for (const [name, error] of failures) report(`${name} should not fail: ${error}`);
  }

  #compareReadiness(): void {
    for (const { metadata, status } of this.#world.store.list("Service.serving.knative.dev")) {
      const ready = status?.conditions?.find(({ type }) => type === "Ready");
      if (ready?.status !== "True") this.#findings.exact.push(`${metadata.name} ends ${JSON.stringify(ready)}`);
    }
  }
}

/** The transcript writes core Services as `v1/Service`. */
function titleOf({ apiVersion, kind }: Pick<AnyObject, "apiVersion" | "kind">): string {
  return apiVersion === "v1" && kind === "Service" ? "v1/Service" : kind;
}

/** Annotations with JSON are replaced as a whole, like other strings. */
function patched(old: Json, patch: unknown): Json {
  const next = patch as { metadata?: { annotations?: Json } };
  const replaced = Object.keys(next.metadata?.annotations ?? {});
  const metadata = old["metadata"] as { annotations?: Json };
  const annotations = Object.fromEntries(
    Object.entries(metadata.annotations ?? {}).filter(([key]) => !replaced.includes(key)),
  );
  return applyMergePatch({ ...old, metadata: { ...metadata, annotations } }, patch) as Json;
}

/** In transcripts where Knative's controllers never settle, the comparison ignores the annotation that they toggle. */
function looseOf(step: Step, name: string): readonly string[] {
  const loose = (step.loose ?? [])
    .filter((text) => text.startsWith(`${name} `))
    .map((text) => text.slice(name.length + 1));
  return step.restless ? [...loose, ROUTES] : loose;
}
