// The environment of a transcript: knap's store, controllers and planners, with a clock and inquiry answers from the
// script.
import { makeAdmission } from "../../../src/apis/admission.ts";
import type { RevisionKey, ScaleResult } from "../../../src/apis/autoscaling/types.ts";
import { makeServingConfig } from "../../../src/apis/config/serving-config.ts";
import type { ServingConfig } from "../../../src/apis/config/types.ts";
import { parseImageReference } from "../../../src/apis/core/image-reference.ts";
import type { AnyObject, StringMap } from "../../../src/apis/meta/object.ts";
import { sha256Hex } from "../../../src/base/hash.ts";
import { makeLogger } from "../../../src/base/logger.ts";
import { Controller } from "../../../src/control-plane/controller/controller.ts";
import type { AnswerOf, Inquiry, Plan, Reconciler } from "../../../src/control-plane/controller/reconciler.ts";
import { knativePlanners } from "../../../src/control-plane/reconciler/planners.ts";
import { ObjectStore } from "../../../src/control-plane/store/object-store.ts";
import { type ManualClock, makeManualClock } from "../../support/store.ts";
import { START } from "./transcript.ts";

const MOST_ROUNDS = 30;

/** The scripted digest resolution of an image. */
export type DigestOverride = { readonly error: string } | "pending";

export class ScriptedWorld {
  readonly clock: ManualClock = makeManualClock(START);
  readonly store: ObjectStore;
  readonly controller: Controller;
  readonly configMaps: Map<string, StringMap>;
  readonly digests = new Map<string, DigestOverride>();
  readonly advice = new Map<RevisionKey, ScaleResult>();
  readonly metricErrors = new Map<RevisionKey, string>();
  probeOk = false;
  /** Writes of a second reconcile of all keys, which must find nothing: a planner was not enqueued in time. */
  readonly overlooked: string[] = [];
  #config: ServingConfig;
  readonly #asked: { readonly question: Inquiry; readonly done: (answer: never) => void }[] = [];
  #uids = 0;

  constructor(configMaps: Readonly<Record<string, StringMap>>) {
    this.configMaps = new Map(Object.entries(configMaps));
    this.#config = makeServingConfig(this.configMaps).config;
    this.store = new ObjectStore({
      clock: this.clock,
      random: {
        uid: () => `00000000-0000-4000-8000-${String(++this.#uids).padStart(12, "0")}`,
        suffix: () => "aaaaa",
      },
      namespaces: "any",
      freeze: true,
      admission: makeAdmission({ config: () => this.#config }),
    });
    this.store.create(activatorEndpoints());
    this.controller = new Controller({
      store: this.store,
      clock: this.clock,
      reconcilers: [...knativePlanners, selectorEndpoints],
      config: () => this.#config,
      advice: () => this.advice,
      inquire: (question, done) => {
        this.#asked.push({ question, done: done as (answer: never) => void });
        this.#answer(question, done as (answer: never) => void);
      },
      defer: () => {},
      backoffMs: () => undefined,
      log: makeLogger(() => {}),
    });
    this.controller.start();
  }

  /** Replaces a ConfigMap's data for all planners at once. */
  configure(name: string, data: StringMap): void {
    this.configMaps.set(name, data);
    this.#config = makeServingConfig(this.configMaps).config;
  }

  /** Changes answers and enqueues the keys that made such an inquiry. */
  ask(matching: (question: Inquiry) => boolean): void {
    const concerned = this.#asked.filter(({ question }) => matching(question));
    for (const inquiry of concerned) this.#asked.splice(this.#asked.indexOf(inquiry), 1);
    for (const { question } of concerned) this.controller.forget(question);
  }

  /** Reconciles all keys of all controllers until a round writes nothing. */
  settle(): void {
    let known = Number.POSITIVE_INFINITY;
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const before = this.store.version;
      this.controller.resync();
      this.controller.settle();
      const settled = this.store.version;
      if (settled > known) this.overlooked.push(`a second look at ${before} writes up to ${settled}`);
      this.#removeLostEndpoints();
      if (this.store.version === before) return;
      known = this.store.version === settled ? settled : Number.POSITIVE_INFINITY;
    }
  }

  /** Deletes the Endpoints of a deleted Service, unless the same round created the Service again. */
  #removeLostEndpoints(): void {
    for (const { metadata } of this.store.list("Endpoints", { namespace: "default" })) {
      const { name, namespace = "", ownerReferences = [] } = metadata;
      if (ownerReferences.length > 0 || this.store.get("Service", namespace, name)) continue;
      this.store.delete({ kind: "Endpoints", namespace, name });
    }
  }

  #answer(question: Inquiry, done: (answer: never) => void): void {
    const answer = this.#answerTo(question);
    if (answer !== undefined) done(answer as never);
  }

  #answerTo(question: Inquiry): AnswerOf<Inquiry> | undefined {
    switch (question.ask) {
      case "ActivatorProbe":
        return { ok: this.probeOk };
      case "MetricCollection":
        return { error: this.metricErrors.get(question.revision) ?? "" };
      case "Digest":
        return this.#digestOf(question.image);
      default:
        return undefined;
    }
  }

  #digestOf(image: string): { digest: string } | { error: string } | undefined {
    const override = this.digests.get(image);
    if (override !== undefined) return override === "pending" ? undefined : override;
    const reference = parseImageReference(image);
    if (!reference || reference.digest !== undefined) return { digest: image };
    if (this.#config.deployment.registriesSkippingTagResolving.has(reference.registry)) return { digest: "" };
    const repository = image.replace(/:[^/:]*$/, "");
    return { digest: `${repository}@sha256:${sha256Hex(image)}` };
  }
}

/** A Service with a selector has Endpoints, which are empty until the script fills them. */
const selectorEndpoints = {
  name: "scripted-endpoints",
  kind: "Service",
  reconcile: ({ metadata, spec }: AnyObject & { spec: { selector?: object } }): Plan => {
    if (!spec.selector) return {};
    const { name, namespace = "" } = metadata;
    return { create: [{ apiVersion: "v1", kind: "Endpoints", metadata: { name, namespace } }] };
  },
} as unknown as Reconciler;

function activatorEndpoints(): AnyObject {
  const ports = [
    ["http", 8012],
    ["http2", 8013],
    ["https", 8112],
    ["http-metrics", 9090],
    ["http-profiling", 8008],
  ].map(([name, port]) => ({ name, port }));
  return {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: { name: "activator-service", namespace: "knative-serving" },
    subsets: [{ addresses: [{ ip: "10.9.0.1" }, { ip: "10.9.0.2" }], ports }],
  } as AnyObject;
}
