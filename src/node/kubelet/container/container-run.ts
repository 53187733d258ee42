// One container of one pod, through all its starts: image, create, start, exit. It does what the pod's plan says and reports what became of it.

import type { Container } from "../../../apis/core/pod-spec.ts";
import type { Pod } from "../../../apis/core/types.ts";
import { errorText } from "../../../base/errors.ts";
import { timeText } from "../../../base/time.ts";
import type { UsableImage } from "../../image/image-library.ts";
import { type ContainerSpec, type ContainerState, RuntimeError, type RuntimeEvent } from "../../runtime/runtime.ts";
import type { NodeParts, StartMarks } from "../node-parts.ts";
import type { FrozenContainer } from "../pod/frozen-pods.ts";
import type { ContainerFacts, ExitFacts, RunFacts } from "../pod/pod-facts.ts";
import type { ContainerOutcome } from "../spec/container-spec.ts";
import { ContainerImage } from "./container-image.ts";
import { makeExit } from "./exit-message.ts";
import { KeptContainers } from "./kept-containers.ts";

/** What the pod gives its containers. */
export interface PodSide {
  readonly pod: () => Pod;
  /** Renders the spec for an attempt; may first make volumes. */
  readonly render: (container: Container, attempt: number, image: UsableImage) => Promise<ContainerOutcome>;
  /** Between create and start: files that must be in place (overlays). */
  readonly prepare: (containerId: string, container: Container) => Promise<void>;
  /** Facts changed: plan again. */
  readonly look: () => void;
  readonly onRunning: (run: ContainerRun) => void;
  readonly onEnded: (run: ContainerRun) => void;
  readonly marks: StartMarks;
}

const START_ERROR = 128;

export class ContainerRun {
  readonly container: Container;
  readonly init: boolean;
  readonly #parts: NodeParts;
  readonly #side: PodSide;
  readonly #image: ContainerImage;
  #run: RunFacts = { state: "none" };
  #restarts = 0;
  #last: ExitFacts | undefined;
  #held: ContainerFacts["held"];
  readonly #kept: KeptContainers;
  #ending = false;
  #over = false;
  /** Kubernetes tells the two failures apart. */
  #trying: "create" | "start" = "create";
  state: ContainerState | undefined;
  started = true;
  ready = true;
  finding: ContainerFacts["finding"];

  constructor(parts: NodeParts, side: PodSide, container: Container, init: boolean) {
    this.#parts = parts;
    this.#side = side;
    this.container = container;
    this.init = init;
    this.#image = new ContainerImage(parts, container);
    this.#kept = new KeptContainers(parts, (event) => this.#onEvent(event));
  }

  get name(): string {
    return this.container.name ?? "";
  }

  /** The container's id while it runs. */
  get runningId(): string | undefined {
    return this.#run.state === "running" ? this.#run.containerId : undefined;
  }

  /** The present or last container, then the one before it. */
  get ids(): readonly string[] {
    return this.#kept.ids;
  }

  get stopSignal(): string {
    return this.#image.usable?.stopSignal ?? "SIGTERM";
  }

  facts(): ContainerFacts {
    return {
      name: this.name,
      init: this.init,
      reference: this.container.image ?? "",
      image: this.#image.facts,
      imageId: this.#image.usable?.imageId ?? "",
      run: this.#run,
      restarts: this.#restarts,
      started: this.started,
      ready: this.ready,
      ...(this.#last && { last: this.#last }),
      ...(this.#held && { held: this.#held }),
      ...(this.finding && { finding: this.finding }),
    };
  }

  /** A ConfigMap or Secret changed: what was held back may work now. */
  release(): void {
    if (this.#held) this.#held = { ...this.#held, at: 0 };
  }

  async fetchImage(): Promise<void> {
    await this.#image.fetch(this.#side.pod());
    this.#side.look();
  }

  /** Creates and starts; what fails becomes a fact. */
  async start(): Promise<void> {
    if (this.#run.state === "exited") {
      this.#last = this.#run.exit;
      this.#restarts++;
    }
    this.#run = { state: "starting" };
    this.#held = undefined;
    this.finding = undefined;
    try {
      await this.#start();
    } catch (error) {
      this.#onStartFailed(error);
    }
    this.#side.look();
  }

  /** Goes on with a frozen container in place of a first start. False: it could not be thawed, and is gone. */
  async thaw({ containerId, image }: FrozenContainer): Promise<boolean> {
    const { runtime, nodeClock } = this.#parts;
    this.#image.have(image);
    this.#run = { state: "starting" };
    this.adopt(containerId);
    try {
      await runtime.unpause(containerId);
      this.#side.marks.created ??= nodeClock.now();
      this.#side.marks.started ??= nodeClock.now();
      if (!this.#over) await this.#onStarted(containerId);
      this.#side.look();
      return true;
    } catch {
      await runtime.remove(containerId).catch(() => {});
      this.#kept.letGo();
      this.#run = { state: "none" };
      return false;
    }
  }

  /** The container is this run's from now on. */
  adopt(containerId: string): void {
    this.#kept.take(containerId);
  }

  /** The container is someone else's from now on; undefined: there is none. */
  giveUp(): FrozenContainer | undefined {
    const containerId = this.runningId;
    const { usable: image } = this.#image;
    if (containerId === undefined || !image) return undefined;
    this.#kept.letGo();
    this.#run = { state: "none" };
    return { containerId, image };
  }

  /** Sends a signal, if it runs. Never throws: the engine being away is found out elsewhere. */
  async signal(name: string): Promise<void> {
    const id = this.runningId;
    if (id !== undefined) await this.#parts.runtime.kill(id, name).catch(() => {});
  }

  /** Looks at the container itself: after an event, or when the engine is back. */
  async inspect(): Promise<void> {
    if (this.#run.state !== "running" || this.#ending) return;
    const id = this.#run.containerId;
    const state = await this.#parts.runtime.inspect(id).catch(() => "away" as const);
    if (state === "away" || this.runningId !== id) return;
    if (state === undefined || state.status === "exited") await this.#onExited(state);
    else this.state = state;
  }

  /** Nothing of it is left after this. */
  async remove(): Promise<void> {
    this.#over = true;
    await this.#kept.remove();
  }

  async #start(): Promise<void> {
    const { starts } = this.#parts;
    const outcome = await this.#side.render(this.container, this.#restarts, this.#image.usable as UsableImage);
    if ("error" in outcome) {
      this.#hold(outcome.error.reason, outcome.error.message);
      return;
    }
    const id = await starts(() => this.#create(outcome.spec)).catch((error: unknown) => this.#second(error));
    if (id === undefined) return;
    await this.#onStarted(id);
  }

  async #onStarted(id: string): Promise<void> {
    const state = await this.#parts.runtime.inspect(id);
    if (this.#over || this.#kept.present !== id) return;
    this.state = state;
    this.#run = { state: "running", containerId: id, startedAt: this.#now() };
    if (state === undefined || state.status === "exited") await this.#onExited(state);
    else this.#side.onRunning(this);
  }

  /** A network or a name that is in the way is put right, and the start tried once more. */
  async #second(error: unknown): Promise<string | undefined> {
    const { runtime, network, starts } = this.#parts;
    const code = error instanceof RuntimeError ? error.code : "failed";
    if (code === "not-found") await network?.renew();
    else if (code !== "conflict") throw error;
    const again = await this.#side.render(this.container, this.#restarts, this.#image.usable as UsableImage);
    if ("error" in again) throw error;
    // By name: a container of ours that an earlier try left.
    if (code === "conflict") await runtime.remove(again.spec.name);
    return starts(() => this.#create(again.spec));
  }

  /** undefined: the pod ended meanwhile, and what was made is gone again. */
  async #create(spec: ContainerSpec): Promise<string | undefined> {
    const { runtime, nodeClock } = this.#parts;
    if (this.#over) return undefined;
    this.#trying = "create";
    const id = await runtime.create(spec);
    // Before the start, so that an exit at once is not missed.
    const oldest = this.#kept.take(id);
    this.#side.marks.created ??= nodeClock.now();
    try {
      if (oldest !== undefined) await runtime.remove(oldest);
      if (!this.#over) await this.#side.prepare(id, this.container);
      this.#trying = "start";
      if (!this.#over) await runtime.start(id);
    } catch (error) {
      if (!isNotStartable(error)) await this.#kept.takeBack(id);
      throw error;
    }
    this.#side.marks.started ??= nodeClock.now();
    if (!this.#over) return id;
    await runtime.remove(id);
    return undefined;
  }

  #onStartFailed(error: unknown): void {
    const message = errorText(error);
    const code = error instanceof RuntimeError ? error.code : "failed";
    if (code === "no-image") {
      // It was removed behind our back: ask for it anew.
      this.#image.forget();
      this.#run = { state: "none" };
    } else if (isNotStartable(error) && this.#kept.present !== undefined) this.#onNotStartable(message);
    else if (code === "unreachable") this.#hold("ContainerRuntimeNotReady", message);
    else this.#hold(this.#trying === "create" ? "CreateContainerError" : "RunContainerError", message);
  }

  #onNotStartable(message: string): void {
    const { nodeClock, record } = this.#parts;
    const at = this.#now();
    const { present } = this.#kept;
    const ids = present === undefined ? {} : { containerId: present };
    const exit = { exitCode: START_ERROR, reason: "StartError", message, finishedAt: at, startedAt: at, ...ids };
    this.#run = { state: "exited", exit: { ...exit, endedAt: nodeClock.now(), ranMs: 0 } };
    record(this.#side.pod(), { type: "Warning", reason: "Failed", message: `Error: ${message}` });
    this.#side.onEnded(this);
  }

  #hold(reason: string, message: string): void {
    const { nodeClock, record } = this.#parts;
    this.#run = { state: "none" };
    this.#held = { reason, message, at: nodeClock.now() };
    const note =
      reason === "ContainerCreating"
        ? { reason: "FailedMount", message }
        : { reason: "Failed", message: `Error: ${message}` };
    record(this.#side.pod(), { type: "Warning", ...note });
  }

  #onEvent(event: RuntimeEvent): void {
    // A start that is not ours is the runtime's own second try, on another port: the address is read anew.
    if (event.type === "die" || event.type === "destroy" || event.type === "start") void this.inspect();
  }

  async #onExited(state: ContainerState | undefined): Promise<void> {
    if (this.#run.state !== "running" || this.#ending) return;
    this.#ending = true;
    const { containerId, startedAt } = this.#run;
    const { nodeClock, runtime } = this.#parts;
    const ended = { runtime, containerId, state, container: this.container, foreign: this.#image.usable?.foreign };
    const exit = await makeExit(ended, { startedAt, finishedAt: this.#now(), endedAt: nodeClock.now() });
    this.#ending = false;
    if (this.runningId !== containerId) return;
    this.#run = { state: "exited", exit };
    this.state = undefined;
    this.#side.onEnded(this);
    this.#side.look();
  }

  #now(): string {
    return timeText(this.#parts.clock.now());
  }
}

/** The program itself could not be started: that counts as an exit, not as a try. */
const isNotStartable = (error: unknown): boolean => error instanceof RuntimeError && error.code === "invalid";
