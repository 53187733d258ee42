// One pod on this node: keeps its facts, follows its plan, writes its status, and ends it. One per pod uid; what to do is decided in pod-plan.ts.

import { servingContainer, userContainers } from "../../../apis/core/pod.ts";
import type { Pod } from "../../../apis/core/types.ts";
import { keyOf, type ObjectKey } from "../../../apis/meta/key.ts";
import { errorText } from "../../../base/errors.ts";
import { sameJson } from "../../../base/json.ts";
import { timeText } from "../../../base/time.ts";
import { RuntimeError } from "../../runtime/runtime.ts";
import { ContainerRun, type PodSide } from "../container/container-run.ts";
import { RunningContainer } from "../container/running-container.ts";
import type { NodeParts, StartMarks } from "../node-parts.ts";
import { type FrozenContainer, frozenPodKey } from "./frozen-pods.ts";
import type { PodFacts } from "./pod-facts.ts";
import { freezePod } from "./pod-freeze.ts";
import type { PodFront } from "./pod-front.ts";
import { BLOCKED_RETRY_MS, planPod } from "./pod-plan.ts";
import { PodRendering } from "./pod-rendering.ts";
import { PodSandbox } from "./pod-sandbox.ts";
import { makePodStatus } from "./pod-status.ts";
import { beginGrace, drainPod, endPod } from "./pod-stop.ts";

export class PodWorker {
  readonly uid: string;
  readonly key: ObjectKey<"Pod">;
  readonly marks: StartMarks = {};
  readonly #parts: NodeParts;
  readonly #runs: readonly ContainerRun[];
  readonly #running = new Map<ContainerRun, RunningContainer>();
  readonly #sandbox: PodSandbox;
  readonly #rendering: PodRendering;
  readonly #onGone: () => void;
  #pod: Pod;
  #timer: Disposable | undefined;
  /** What its predecessor left frozen and it has not thawed yet, by container name. */
  readonly #frozen: Map<string, FrozenContainer>;
  #stopping = false;
  #hurried = false;
  #annotated = false;
  readonly #firstReady: () => void;

  constructor(parts: NodeParts, pod: Pod, onGone: () => void) {
    this.#parts = parts;
    this.#pod = pod;
    this.#onGone = onGone;
    this.uid = pod.metadata.uid ?? "";
    this.key = keyOf(pod) as ObjectKey<"Pod">;
    this.marks.accepted = parts.nodeClock.now();
    const standby = parts.frozenPods?.take(frozenPodKey(pod));
    this.#frozen = new Map(standby?.containers);
    if (standby) parts.volumes.bequeath(standby.pod, pod);
    this.#sandbox = new PodSandbox(parts, pod, { held: standby?.sandbox, onLost: () => this.#onSandboxLost() });
    this.#rendering = new PodRendering(parts, this.#sandbox);
    const side: PodSide = {
      pod: () => this.#pod,
      render: (container, attempt, image) => this.#rendering.render(this.#pod, container, { attempt, image }),
      prepare: (id, container) => this.#rendering.prepare(id, container),
      look: () => this.look(),
      onRunning: (run) => this.#onRunning(run),
      onEnded: (run) => this.#onEnded(run),
      marks: this.marks,
    };
    this.#runs = [
      // Whose predecessor was initialized is so.
      ...((standby ? undefined : pod.spec.initContainers) ?? []).map(
        (container) => new ContainerRun(parts, side, container, true),
      ),
      ...userContainers(pod).map((container) => new ContainerRun(parts, side, container, false)),
    ];
    this.#firstReady = this.#trackFirstReady();
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** The containers of a name, the present one first: for logs and exec. */
  containersOf(name: string): readonly string[] {
    return this.#runs.find((run) => run.name === name)?.ids ?? [];
  }

  /** Everything that it has on the engine, also what it took over from a frozen pod. */
  get containerIds(): readonly string[] {
    const frozen = [...this.#frozen.values()].map(({ containerId }) => containerId);
    return [...this.#runs.flatMap(({ ids }) => ids), ...frozen, this.#sandbox.id ?? []].flat();
  }

  /** The object changed. */
  update(pod: Pod): void {
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp !== undefined) void this.stop();
  }

  /** A ConfigMap or Secret of the namespace changed. */
  refresh(): void {
    for (const run of this.#runs) run.release();
    this.look();
  }

  /** The engine is back after an absence: nothing that was known is sure. */
  async recheck(): Promise<void> {
    await this.#sandbox.check();
    await Promise.all(this.#runs.map((run) => run.inspect()));
    this.refresh();
  }

  /** Writes the status as things are, and takes the next steps. */
  look(): void {
    if (this.#stopping) return;
    const facts = this.#facts();
    this.#writeStatus(facts);
    this.#timer?.[Symbol.dispose]();
    let next = Number.POSITIVE_INFINITY;
    for (const step of planPod(facts)) {
      if (step.do === "lookAgain") next = Math.min(next, step.at);
      else if (step.do === "start") void this.#parts.track(this.#start(this.#run(step.container)));
      else if (step.do === "openSandbox") void this.#parts.track(this.#openSandbox());
      else if (step.do === "fetchImage") void this.#parts.track(this.#run(step.container).fetchImage());
    }
    if (Number.isFinite(next)) this.#timer = this.#parts.nodeClock.at(next, () => this.look());
  }

  /** Stops it as product rules say, once; resolves when nothing of it is left. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#firstReady();
    this.#timer?.[Symbol.dispose]();
    await this.#parts.track(this.#stop());
  }

  /** Everything ends at once. */
  forceStop(): void {
    this.#hurried = true;
    void this.stop();
  }

  async #stop(): Promise<void> {
    const parts = this.#parts;
    for (const running of this.#running.values()) running.rest();
    const pod = (): Pod => this.#pod;
    const stopping = { pod, sidecar: this.#front?.sidecar, runs: this.#runs, hurried: () => this.#hurried };
    const graceEnd = beginGrace(parts, pod);
    // A pod that serves no more may wait frozen for its revision's next wake.
    const healthy = this.#front?.ready ?? false;
    await drainPod(parts, stopping, graceEnd);
    const idle = healthy && !this.#hurried && (stopping.sidecar?.inFlight() ?? 0) === 0;
    const main = { pod: this.#pod, runs: this.#runs.filter(({ init }) => !init), sandbox: this.#sandbox };
    const standby = idle && this.#frozen.size === 0 ? await freezePod(parts, main) : undefined;
    if (!standby) await endPod(parts, stopping, graceEnd);
    for (const running of this.#running.values()) running.close();
    for (const [name, { containerId }] of this.#frozen) this.#run(name).adopt(containerId);
    try {
      if (standby) parts.frozenPods?.put(standby);
      await Promise.all(this.#runs.map((run) => run.remove()));
      await this.#sandbox.close();
      if (!standby) await parts.volumes.release(this.#pod);
    } catch (error) {
      parts.log.warn("pod not removed whole", { pod: this.key.name, error: String(error) });
    }
    this.#onGone();
    parts.store.confirmDeleted(this.key, this.uid);
  }

  /** What still runs has no network any more: all of it starts anew. */
  #onSandboxLost(): void {
    for (const run of this.#runs) void run.signal("SIGKILL");
    this.look();
  }

  async #openSandbox(): Promise<void> {
    const { nodeClock, record, network } = this.#parts;
    try {
      await this.#sandbox.open().catch(async (error: unknown) => {
        if (!(error instanceof RuntimeError) || error.code !== "not-found") throw error;
        await network?.renew();
        await this.#sandbox.open();
      });
      this.look();
    } catch (error) {
      const message = `Failed to create pod sandbox: ${errorText(error)}`;
      record(this.#pod, { type: "Warning", reason: "FailedCreatePodSandBox", message });
      if (this.#stopping) return;
      this.#timer?.[Symbol.dispose]();
      this.#timer = nodeClock.at(nodeClock.now() + BLOCKED_RETRY_MS, () => this.look());
    }
  }

  /** The first start may be the thaw of a frozen container. */
  async #start(run: ContainerRun): Promise<void> {
    const frozen = this.#frozen.get(run.name);
    this.#frozen.delete(run.name);
    if (!frozen || !(await run.thaw(frozen))) await run.start();
  }

  #run(name: string): ContainerRun {
    return this.#runs.find((run) => run.name === name) as ContainerRun;
  }

  #facts(): PodFacts {
    const front = this.#front;
    const addressed = this.#sandbox.facts === "ready" || this.#serving()?.runningId !== undefined;
    return {
      pod: this.#pod,
      now: this.#parts.nodeClock.now(),
      sandbox: this.#sandbox.facts,
      containers: this.#runs.map((run) => run.facts()),
      sidecar: {
        open: front?.sidecar !== undefined,
        ready: front?.ready ?? false,
        ...(front?.message !== undefined && { message: front.message }),
      },
      ...(addressed && { podIP: this.#sandbox.ip }),
    };
  }

  #serving(): ContainerRun | undefined {
    const name = servingContainer(this.#pod.spec.containers)?.name;
    return this.#runs.find((run) => !run.init && run.name === name);
  }

  #onRunning(run: ContainerRun): void {
    const serving = run === this.#serving();
    const { marks } = this;
    const running = new RunningContainer({
      parts: this.#parts,
      run,
      pod: () => this.#pod,
      sandbox: this.#sandbox,
      serving,
      marks,
      look: () => this.look(),
    });
    this.#running.set(run, running);
  }

  #onEnded(run: ContainerRun): void {
    // While the pod is being stopped its front is closed by the stop itself.
    if (!this.#stopping) this.#running.get(run)?.close();
    if (!this.#stopping) this.#running.delete(run);
    if (!run.init) this.#firstReady();
  }

  get #front(): PodFront | undefined {
    return [...this.#running.values()].find(({ front }) => front !== undefined)?.front;
  }

  #writeStatus(facts: PodFacts): void {
    const { store, clock, hostIP, info } = this.#parts;
    const stored = store.get("Pod", this.key.namespace, this.key.name);
    if (stored?.metadata.uid !== this.uid) return;
    const status = makePodStatus(facts, {
      previous: stored.status,
      at: timeText(clock.now()),
      hostIP,
      runtimeName: info.name,
    });
    if (!sameJson(status, stored.status)) store.writeStatus(this.key, status, { uid: this.uid });
    const trouble = facts.containers.some(({ held, image }) => held !== undefined || image.state === "failed");
    const ready = status.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True");
    if (ready || trouble) this.#firstReady();
    if (ready) this.#annotate();
  }

  /** The waterfall of this start, for whoever looks through the API. */
  #annotate(): void {
    if (this.#annotated) return;
    this.#annotated = true;
    const { store } = this.#parts;
    store.patchMerge(this.key, { metadata: { annotations: { "knap.dev/wake": JSON.stringify(this.marks) } } });
  }

  /** Until the pod is first ready, or is known not to become so, it counts as an operation under way. */
  #trackFirstReady(): () => void {
    const { nodeClock, track } = this.#parts;
    let done: () => void = () => {};
    const ready = new Promise<void>((resolve) => {
      done = resolve;
    });
    const patience = nodeClock.at(nodeClock.now() + FIRST_READY_PATIENCE_MS, done);
    void track(ready).finally(() => patience[Symbol.dispose]());
    return done;
  }
}

/** A pod that neither serves nor fails must not hold up virtual time for ever. */
const FIRST_READY_PATIENCE_MS = 30_000;
