// The emulator's control plane on virtual time over a paper node: everything that decides is the real thing, everything that runs is paper.
// It plays no load.

import { makeAdmission } from "../apis/admission.ts";
import type { RevisionKey, Stat } from "../apis/autoscaling/types.ts";
import type { AnyObject, StringMap } from "../apis/meta/object.ts";
import type { Time } from "../base/clock.ts";
import { silentLogger } from "../base/logger.ts";
import type { VirtualClock } from "../base/virtual-clock.ts";
import type { ReadyPod } from "../control-plane/autoscaler/ready-pods.ts";
import type { Inquire } from "../control-plane/controller/inquiries.ts";
import type { AnswerOf, Inquiry } from "../control-plane/controller/reconciler.ts";
import { makeClusterObjects } from "../emulator/cluster-objects.ts";
import { type ControlPlane, makeControlPlane } from "../emulator/control-plane.ts";
import { PaperNode, type PaperNodeOptions } from "./paper-node.ts";

export interface PaperClusterOptions
  extends Pick<PaperNodeOptions, "startUpMs" | "startUpSpreadMs" | "onSize" | "onStopping" | "onStarted"> {
  readonly clock: VirtualClock;
  readonly random: () => number;
  readonly configMaps: ReadonlyMap<string, StringMap>;
  /** Pods the node takes; undefined: as many as anybody asks for. */
  readonly maxPods: number | undefined;
  /** Who answers the planners' questions; absent: the world says yes to everything. */
  readonly inquire?: Inquire;
  readonly activatorStats: (now: Time) => ReadonlyMap<RevisionKey, Stat>;
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
    this.plane = makeControlPlane({
      clock,
      chance: {
        random,
        uid: () => `00000000-0000-4000-8000-${String(++uids).padStart(12, "0")}`,
        suffix: () => Array.from({ length: 5 }, () => LETTERS[Math.floor(random() * LETTERS.length)]).join(""),
      },
      defer: (run) => this.#turns.push(run),
      configMaps: options.configMaps,
      objects: makeClusterObjects({
        cpus: PLENTY,
        memoryBytes: PLENTY * 2 ** 30,
        maxPods: options.maxPods ?? PLENTY,
        architecture: "amd64",
      }),
      ingressPort: 80,
      admission: (config) => makeAdmission({ config }),
      inquire: options.inquire ?? ((question, done) => done(answerTo(question) as AnswerOf<typeof question>)),
      activatorStats: options.activatorStats,
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
