// Runs the emulator's control plane on virtual time with a simulated node.
import type { Stat } from "../apis/autoscaling/types.ts";
import { keyOf } from "../apis/meta/key.ts";
import type { AnyObject, StringMap } from "../apis/meta/object.ts";
import type { Time } from "../base/clock.ts";
import { Emitter } from "../base/emitter.ts";
import { silentLogger } from "../base/logger.ts";
import type { VirtualClock } from "../base/virtual-clock.ts";
import type { ReadyPod } from "../control-plane/autoscaler/ready-pods.ts";
import type { AnswerOf, Inquiry } from "../control-plane/controller/reconciler.ts";
import { makeClusterObjects } from "../emulator/cluster-objects.ts";
import {
  type ActivatorReports,
  type ControlPlane,
  type InquirySource,
  makeControlPlane,
} from "../emulator/control-plane.ts";
import { openStore, seed } from "../emulator/session-store.ts";
import { makeGatewayServices } from "../gateway/gateway-services.ts";
import { SimulatedNode, type SimulatedNodeOptions } from "./simulated-node.ts";

export interface SimulatedClusterOptions
  extends Pick<SimulatedNodeOptions, "startUpMs" | "startUpSpreadMs" | "onSize" | "onStopping" | "onStarted"> {
  readonly clock: VirtualClock;
  readonly random: () => number;
  readonly configMaps: ReadonlyMap<string, StringMap>;
  /** The number of pods that fit on the node; undefined: no limit. */
  readonly maxPods: number | undefined;
  /** If absent, {@link answerTo} answers all questions. */
  readonly inquiries?: InquirySource;
  readonly activator: ActivatorReports;
  readonly podStat: (pod: ReadyPod, now: Time) => Stat | undefined;
}

const UNLIMITED = 1e6;
const LETTERS = "bcdfghjklmnpqrstvwxz2456789";

export class SimulatedCluster implements Disposable {
  readonly clock: VirtualClock;
  readonly plane: ControlPlane;
  readonly node: SimulatedNode;
  /** Callbacks that the controller deferred. */
  #turns: (() => void)[] = [];

  constructor(options: SimulatedClusterOptions) {
    const { clock, random } = options;
    let uids = 0;
    this.clock = clock;
    const session = openStore({
      clock,
      random: {
        random,
        uid: () => `00000000-0000-4000-8000-${String(++uids).padStart(12, "0")}`,
        suffix: () => Array.from({ length: 5 }, () => LETTERS[Math.floor(random() * LETTERS.length)]).join(""),
      },
      configMaps: options.configMaps,
      log: silentLogger,
    });
    const size = { cpus: UNLIMITED, memoryBytes: UNLIMITED * 2 ** 30, architecture: "amd64" };
    const cluster = makeClusterObjects({ ...size, maxPods: options.maxPods ?? UNLIMITED });
    seed(session.store, [...makeGatewayServices({ http: 80, https: undefined }), ...cluster]);
    this.plane = makeControlPlane({
      ...session,
      clock,
      random,
      defer: (run) => this.#turns.push(run),
      inquiries: options.inquiries ?? defaultInquiries,
      activator: options.activator,
      podStat: options.podStat,
      log: silentLogger,
    });
    this.node = new SimulatedNode({ ...options, store: this.plane.store });
    this.node.start();
    this.plane.controller.start();
  }

  /** Applies the user's objects one after the other. Returns the messages of refused ones. */
  apply(objects: readonly AnyObject[]): readonly string[] {
    return objects.flatMap((object) => {
      const outcome = this.#write(object);
      return "refused" in outcome ? [outcome.refused.message] : [];
    });
  }

  #write(object: AnyObject) {
    const { store } = this.plane;
    const { kind, namespace, name } = keyOf(object);
    const old = store.get(kind, namespace, name);
    if (!old) return store.create(object, { user: "kubernetes-admin" });
    // The reconcilers act on the object before it changes.
    this.settle();
    const annotations = { ...old.metadata.annotations, ...object.metadata.annotations };
    return store.update({ ...object, metadata: { ...object.metadata, annotations } }, { user: "kubernetes-admin" });
  }

  /** Advances time and settles the reconcilers after each timer. */
  advanceTo(time: Time): void {
    this.settle();
    while (this.clock.runNext(time)) this.settle();
    this.clock.advanceTo(time);
  }

  /** Runs the reconcilers until they have nothing to do. */
  settle(): void {
    while (this.#turns.length > 0) {
      const turns = this.#turns;
      this.#turns = [];
      this.plane.controller.settle();
      for (const run of turns) run();
    }
  }

  [Symbol.dispose](): void {
    this.node.close();
    this.plane[Symbol.dispose]();
  }
}

const defaultInquiries: InquirySource = {
  inquire: (question, done) => done(answerTo(question) as AnswerOf<typeof question>),
  onStale: new Emitter<Inquiry>().subscribe,
};

/** Answers every question of a reconciler with success. Image tags are not resolved. */
export function answerTo(question: Inquiry): AnswerOf<Inquiry> {
  switch (question.ask) {
    case "Digest":
      return { digest: "" };
    case "MetricCollection":
      return { error: "" };
    default:
      return { ok: true };
  }
}
