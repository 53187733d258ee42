// Carries out the kubelet's steps on one container of a pod, and sends the results to the pod as events.
import type { StoredPod } from "../../../apis/core/pod.ts";
import { runInBackground } from "../../../base/background.ts";
import { errorText } from "../../../base/errors.ts";
import { timeText } from "../../../base/time.ts";
import type { UsableImage } from "../../image/image-library.ts";
import { dropsSignal } from "../../runtime/proc-signals.ts";
import { type ContainerSpec, type RuntimeContainer, RuntimeError } from "../../runtime/runtime.ts";
import type { NodeParts } from "../node-parts.ts";
import type { PodState } from "../pod/pod-events.ts";
import type { ContainerFacts } from "../pod/pod-facts.ts";
import type { PodRendering } from "../pod/pod-rendering.ts";
import { servingFacts } from "../pod/reduce-pod.ts";
import { ContainerFiles } from "./container-files.ts";
import { ContainerHistory } from "./container-history.ts";
import { makeExit } from "./exit-message.ts";
import { fetchImage } from "./image-fetch.ts";

/** The exit code of a container whose program cannot be started. */
const START_ERROR = 128;

export class ContainerRunner {
  readonly name: string;
  readonly files: ContainerFiles;
  readonly #parts: NodeParts;
  readonly #pod: PodState;
  readonly #rendering: PodRendering;
  readonly #history: ContainerHistory;
  /** Counts the events that may end the current container, or its network. */
  #endEvents = 0;
  /** The container whose exit is being read. */
  #readingExit: string | undefined;
  /** Kills a container that does not end after its stop signal. */
  #killTimer: Disposable | undefined;
  #removed = false;

  constructor(parts: NodeParts, pod: PodState, rendering: PodRendering, name: string) {
    this.#parts = parts;
    this.#pod = pod;
    this.#rendering = rendering;
    this.name = name;
    this.files = new ContainerFiles(parts, pod, name);
    this.#history = new ContainerHistory(parts, ({ type }) => {
      if (type === "die" || type === "destroy" || type === "disconnect") this.#endEvents++;
      // The process runtime starts a container twice when its port was taken; the address is then a new one.
      return type === "health" || type === "oom" ? undefined : this.inspect();
    });
  }

  /** The engine's container that runs or ran last, then the one before. */
  get ids(): readonly string[] {
    return this.#history.ids;
  }

  /** Finds or pulls the image. Never rejects; a failure becomes an event. */
  fetchImage(): Promise<void> {
    return fetchImage(this.#parts, this.#pod, this.#facts.spec);
  }

  /** Creates and starts the container. Never rejects; a failure becomes an event. */
  async start(): Promise<void> {
    // Kubernetes has different reasons for a failed create and a failed start. `prepared`: the create succeeded.
    const progress = { prepared: false };
    try {
      const { pod } = this.#pod.facts;
      const rendered = await this.#render(pod);
      if ("error" in rendered) return this.#block(rendered.error.reason, rendered.error.message);
      const { starts } = this.#parts;
      const id = await starts(() => this.#create(rendered.spec, progress)).catch((error: unknown) =>
        this.#createAgain(error, pod, progress),
      );
      if (id !== undefined) await this.#onStarted(id);
    } catch (error) {
      this.#onStartFailed(error, progress.prepared ? "RunContainerError" : "CreateContainerError");
    }
  }

  /** Starts a container that has exited. Never rejects; a failure becomes an event. */
  async startAgain(id: string): Promise<void> {
    const { runtime, starts } = this.#parts;
    try {
      const start = async (): Promise<void> => (this.#removed ? undefined : runtime.start(id));
      await starts(() => this.files.start(id, { isNew: false }, start));
      if (!this.#removed) await this.#onStarted(id);
    } catch (error) {
      this.#onStartFailed(error, "RunContainerError");
    }
  }

  /** Resumes the container of a frozen pod. If that fails, removes it and sends `thawFailed`. Never rejects. */
  async thaw(containerId: string): Promise<void> {
    const { runtime, nodeClock } = this.#parts;
    this.adopt(containerId);
    try {
      await this.files.start(containerId, { isNew: false }, () => runtime.unpause(containerId));
      this.#pod.send({ type: "created", container: this.name, containerId, at: nodeClock.now() });
      if (!this.#removed) await this.#onStarted(containerId);
    } catch {
      await runtime.remove(containerId).catch(() => {});
      this.#history.release();
      this.#pod.send({ type: "thawFailed", container: this.name });
    }
  }

  /** Makes an existing container of the engine the current one. */
  adopt(containerId: string): void {
    this.#history.add(containerId);
  }

  /** Hands the current container over to a frozen pod. */
  release(): void {
    this.#history.release();
    this.#pod.send({ type: "frozen", container: this.name });
  }

  /** Sends a signal if the container runs. Never rejects, because the event stream reports an unreachable engine. */
  async signal(signal: "SIGKILL" | "stop"): Promise<void> {
    const { run, usable } = this.#facts;
    if (run.state !== "running" || (signal === "stop" && this.#ignoresStop())) return;
    const name = signal === "stop" ? (usable?.stopSignal ?? "SIGTERM") : signal;
    await this.#parts.runtime.kill(run.containerId, name).catch(() => {});
  }

  /** Sends the stop signal, and SIGKILL after the stop timeout. The plan then starts the container again. */
  endGracefully(containerId: string): void {
    const { log, stopPolicy } = this.#parts;
    runInBackground(log, "stopping a container", () => this.signal("stop"));
    this.#killAfter(containerId, stopPolicy().stopTimeoutMs);
  }

  /** Sends the stop signal, or SIGKILL if the kernel would drop that signal. Never rejects. */
  async endFast(withinMs: number): Promise<void> {
    const { run, usable } = this.#facts;
    if (run.state !== "running" || !run.ending) return;
    const { containerId, engine } = run;
    const isDropped = await dropsSignal(containerId, engine?.pid ?? 0, usable?.stopSignal ?? "SIGTERM");
    // The exit ends the timer, and may be read before the engine has answered.
    this.#killAfter(containerId, withinMs);
    await this.signal(isDropped ? "SIGKILL" : "stop");
  }

  #killAfter(containerId: string, ms: number): void {
    const { nodeClock } = this.#parts;
    this.#killTimer?.[Symbol.dispose]();
    this.#killTimer = nodeClock.at(nodeClock.now() + ms, () => {
      const { run } = this.#facts;
      // A container that was started again has the same id.
      const isEnding = run.state === "running" && run.ending && run.containerId === containerId;
      return isEnding ? this.signal("SIGKILL") : undefined;
    });
  }

  /** Reads the state of the running container from the runtime. Never rejects. */
  async inspect(): Promise<void> {
    const { run, restarts } = this.#facts;
    if (run.state !== "running" || this.#readingExit === run.containerId) return;
    const { containerId, startedAt } = run;
    const state = await this.#parts.runtime.inspect(containerId).catch(() => "unreachable" as const);
    const now = this.#facts;
    // Meanwhile, another inspection may have reported the exit, so that the next start has begun.
    if (state === "unreachable" || now.run.state !== "running" || now.restarts !== restarts) return;
    if (state === undefined || state.status === "exited") await this.#readExit(containerId, startedAt, state);
    else if (this.#hasLostNetwork(state)) this.#pod.send({ type: "networkLost", container: this.name, containerId });
    else this.#pod.send({ type: "inspected", container: this.name, containerId, engine: state });
  }

  /** Returns true if the container of a pod without a pause container was disconnected from the session's network. */
  #hasLostNetwork({ status, ip }: RuntimeContainer): boolean {
    const isOnNetwork = this.#parts.network !== undefined && this.#pod.facts.sandbox === "unneeded";
    return isOnNetwork && status === "running" && ip === undefined;
  }

  /** Removes all its containers from the engine. Rejects with a RuntimeError. */
  async remove(): Promise<void> {
    this.#removed = true;
    this.#killTimer?.[Symbol.dispose]();
    await this.#history.remove();
  }

  /** Returns true if a fault keeps the stop signal from the serving container. */
  #ignoresStop(): boolean {
    const { facts } = this.#pod;
    return servingFacts(facts)?.name === this.name && (this.#parts.faults?.ignoresStop(facts.pod) ?? false);
  }

  get #facts(): ContainerFacts {
    return this.#pod.facts.containers.find(({ name }) => name === this.name) as ContainerFacts;
  }

  #render(pod: StoredPod): ReturnType<PodRendering["render"]> {
    const { spec, restarts, usable } = this.#facts;
    return this.#rendering.render(pod, spec, { restarts, image: usable as UsableImage });
  }

  /** Creates and starts a container. Returns undefined if the pod ended meanwhile; the container is then removed. */
  async #create(spec: ContainerSpec, progress: { prepared: boolean }): Promise<string | undefined> {
    const { runtime, nodeClock } = this.#parts;
    if (this.#removed) return undefined;
    progress.prepared = false;
    const id = await runtime.create(spec);
    // This comes before the start, so that no exit is missed.
    const oldest = this.#history.add(id);
    this.#pod.send({ type: "created", container: this.name, containerId: id, at: nodeClock.now() });
    try {
      if (oldest !== undefined) await runtime.remove(oldest);
      if (!this.#removed) await this.#rendering.copyFiles(id, this.#facts.spec);
      await this.files.start(id, { isNew: true }, async () => {
        progress.prepared = true;
        if (!this.#removed) await runtime.start(id);
      });
    } catch (error) {
      if (!isNotStartable(error)) await this.#history.undo(id);
      throw error;
    }
    if (!this.#removed) return id;
    await runtime.remove(id);
    return undefined;
  }

  /** Repairs a missing network or a taken name, and tries once more. Rethrows any other error. */
  async #createAgain(error: unknown, pod: StoredPod, progress: { prepared: boolean }): Promise<string | undefined> {
    const { runtime, network, starts } = this.#parts;
    const code = error instanceof RuntimeError ? error.code : "failed";
    if (code === "not-found") await network?.renew();
    else if (code !== "conflict") throw error;
    const rendered = await this.#render(pod);
    if ("error" in rendered) throw error;
    // An earlier create of this session left a container with this name.
    if (code === "conflict") await runtime.remove(rendered.spec.name);
    return starts(() => this.#create(rendered.spec, progress));
  }

  async #onStarted(containerId: string): Promise<void> {
    const { runtime, clock, nodeClock } = this.#parts;
    const at = nodeClock.now();
    let engine: RuntimeContainer | undefined;
    let seen: number;
    do {
      // The answer does not show an exit that comes after the engine has read the state.
      seen = this.#endEvents;
      engine = await runtime.inspect(containerId);
    } while (seen !== this.#endEvents);
    if (this.#removed || this.#history.present !== containerId) return;
    const startedAt = timeText(clock.now());
    if (engine === undefined || engine.status === "exited") return this.#readExit(containerId, startedAt, engine);
    const address = this.#rendering.address;
    this.#pod.send({ type: "running", container: this.name, containerId, startedAt, engine, address, at });
    if (this.#hasLostNetwork(engine)) this.#pod.send({ type: "networkLost", container: this.name, containerId });
  }

  #onStartFailed(error: unknown, reason: "CreateContainerError" | "RunContainerError"): void {
    const { library, clock, nodeClock } = this.#parts;
    const { spec } = this.#facts;
    const message = errorText(error);
    const { present: containerId } = this.#history;
    const code = error instanceof RuntimeError ? error.code : "failed";
    if (code === "no-image") {
      // The image was removed from the engine, so it is fetched again.
      library.forget(spec.image ?? "");
      this.#pod.send({ type: "imageMissing", container: this.name });
    } else if (isNotStartable(error) && containerId !== undefined) {
      const [at, endedAt] = [timeText(clock.now()), nodeClock.now()];
      const times = { startedAt: at, finishedAt: at, endedAt, ranMs: 0 };
      const exit = { exitCode: START_ERROR, reason: "StartError", message, containerId, ...times };
      this.#pod.send({ type: "exited", container: this.name, exit });
    } else this.#block(code === "unreachable" ? "ContainerRuntimeNotReady" : reason, message);
  }

  #block(reason: string, message: string): void {
    this.#pod.send({ type: "blocked", container: this.name, reason, message, at: this.#parts.nodeClock.now() });
  }

  async #readExit(containerId: string, startedAt: string, state: RuntimeContainer | undefined): Promise<void> {
    if (this.#readingExit === containerId) return;
    this.#readingExit = containerId;
    const { runtime, clock, nodeClock } = this.#parts;
    const { spec: container, usable, restart } = this.#facts;
    const isExpected = restart?.due ?? false;
    const ended = { runtime, containerId, state, container, foreign: usable?.foreign, isExpected };
    const times = { startedAt, finishedAt: timeText(clock.now()), endedAt: nodeClock.now() };
    const exit = await makeExit(ended, times).finally(() => {
      this.#readingExit = undefined;
    });
    this.#killTimer?.[Symbol.dispose]();
    this.#pod.send({ type: "exited", container: this.name, exit });
  }
}

/** Whether the container's program cannot be started. This counts as an exit of the container. */
const isNotStartable = (error: unknown): boolean => error instanceof RuntimeError && error.code === "invalid";
