// The emulator's control plane on virtual time over a paper node: everything that decides is the real thing, everything that runs is paper.
// It plays no load.

import type { Stat } from "../apis/autoscaling/types.ts";
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
import { PaperNode, type PaperNodeOptions } from "./paper-node.ts";

export interface PaperClusterOptions
  extends Pick<PaperNodeOptions, "startUpMs" | "startUpSpreadMs" | "onSize" | "onStopping" | "onStarted"> {
  readonly clock: VirtualClock;
  readonly random: () => number;
  readonly configMaps: ReadonlyMap<string, StringMap>;
  /** Pods the node takes; undefined: as many as anybody asks for. */
  readonly maxPods: number | undefined;
  /** Absent: every question gets the answer of {@link answerTo}. */
  readonly inquiries?: InquirySource;
  readonly activator: ActivatorReports;
  readonly podStat: (pod: ReadyPod, now: Time) => Stat | undefined;
}

const PLENTY = 1e6;
const LETTERS = "bcdfghjklmnpqrstvwxz2456789";

export class PaperCluster implements Disposable {
  readonly clock: VirtualClock;
  readonly plane: ControlPlane;
  readonly node: PaperNode;
  /** Turns that planners asked for: they have something to do. */
  #turns: (() => void)[] = [];

  constructor(options: PaperClusterOptions) {
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
    const size = { cpus: PLENTY, memoryBytes: PLENTY * 2 ** 30, architecture: "amd64" };
    const cluster = makeClusterObjects({ ...size, maxPods: options.maxPods ?? PLENTY });
    seed(session.store, [...makeGatewayServices({ http: 80, https: undefined }), ...cluster]);
    this.plane = makeControlPlane({
      ...session,
      clock,
      random,
      defer: (run) => this.#turns.push(run),
      inquiries: options.inquiries ?? agreeingInquiries,
      activator: options.activator,
      podStat: options.podStat,
      log: silentLogger,
    });
    this.node = new PaperNode({ ...options, store: this.plane.store });
    this.node.start();
    this.plane.controller.start();
  }

  /** Creates the user's objects; what was refused, in words. */
  apply(objects: readonly AnyObject[]): readonly string[] {
    return objects.flatMap((object) => {
      const outcome = this.plane.store.create(object, { user: "kubernetes-admin" });
      return "refused" in outcome ? [outcome.refused.message] : [];
    });
  }

  /** Moves time, letting planners come to rest at each instant at which anything happens. */
  advanceTo(time: Time): void {
    this.rest();
    while (this.clock.runNext(time)) this.rest();
    this.clock.advanceTo(time);
  }

  /** Lets planners come to rest now. */
  rest(): void {
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

const agreeingInquiries: InquirySource = {
  inquire: (question, done) => done(answerTo(question) as AnswerOf<typeof question>),
  onStale: new Emitter<Inquiry>().subscribe,
};

/** The world says yes to everything: the activator is in the path at once, tags are used as they stand. */
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
