// What goes on beside a container while it runs: the kubelet's own probes, and for the serving one its front and the look at its ports. Ends with it.

import { servingPort } from "../../../apis/core/pod.ts";
import type { Pod } from "../../../apis/core/types.ts";
import type { PodAddress } from "../../../base/address.ts";
import type { NodeParts, StartMarks } from "../node-parts.ts";
import { PodFront } from "../pod/pod-front.ts";
import type { PodSandbox } from "../pod/pod-sandbox.ts";
import { ContainerProbes, hasExecReadiness, hasStartupProbe } from "./container-probes.ts";
import type { ContainerRun } from "./container-run.ts";
import { watchPortFindings } from "./port-findings.ts";

export interface RunningOptions {
  readonly parts: NodeParts;
  readonly run: ContainerRun;
  readonly pod: () => Pod;
  readonly sandbox: PodSandbox;
  readonly serving: boolean;
  readonly marks: StartMarks;
  readonly look: () => void;
}

export class RunningContainer {
  readonly front: PodFront | undefined;
  readonly #options: RunningOptions;
  readonly #probes: Disposable;
  readonly #findings: Disposable | undefined;
  #killing: Disposable | undefined;

  constructor(options: RunningOptions) {
    this.#options = options;
    const { parts, run, pod, sandbox, serving, marks, look } = options;
    run.started = !hasStartupProbe(run.container);
    run.ready = !hasExecReadiness(run.container);
    this.#probes = this.#startProbes();
    if (!serving) return;
    const addressOf = (port: number): PodAddress | undefined => this.#addressOf(port);
    const listens = (port: number): Promise<boolean> => this.#listens(port);
    this.front = new PodFront({ parts, pod, podIP: () => sandbox.ip, addressOf, listens, marks, look });
    this.#findings = watchPortFindings({
      runtime: parts.runtime,
      containerId: run.runningId as string,
      // Over once the port is open: what it listens on besides is its own business.
      port: () => (this.front?.sidecar ? undefined : this.#listeningPort()),
      clock: parts.nodeClock,
      onFinding: ({ reason, message }) => {
        parts.record(pod(), { type: "Warning", reason: reason ?? "Unhealthy", message });
        run.finding = reason && { reason, message };
        look();
      },
    });
  }

  /** Probes stop; the sidecar stays for whoever drains it. */
  rest(): void {
    this.#probes[Symbol.dispose]();
    this.#findings?.[Symbol.dispose]();
    this.front?.rest();
  }

  /** The container has ended. */
  close(): void {
    this.rest();
    this.#killing?.[Symbol.dispose]();
    this.front?.close();
  }

  #addressOf(port: number): PodAddress | undefined {
    return this.#options.sandbox.addressOf(this.#options.run.state, port);
  }

  async #listens(port: number): Promise<boolean> {
    const { parts, run } = this.#options;
    const listeners = await parts.runtime.listeners(run.runningId ?? "").catch(() => undefined);
    // A relay accepts for whoever listens on loopback only, and then reaches nobody.
    return listeners?.some((listener) => listener.port === port && !listener.loopback) ?? true;
  }

  /** The port the container should listen on, as it sees it itself. */
  #listeningPort(): number | undefined {
    const { parts, pod } = this.#options;
    const port = servingPort(pod());
    return parts.runtime.capabilities.assignsPort ? this.#addressOf(port)?.port : port;
  }

  #startProbes(): Disposable {
    const { parts, run, pod, look } = this.#options;
    const { runtime, nodeClock, record } = parts;
    return new ContainerProbes({
      container: run.container,
      containerId: run.runningId as string,
      runtime,
      clock: nodeClock,
      addressOf: (port) => this.#addressOf(port),
      onStarted: () => {
        run.started = true;
        look();
      },
      onReady: (ready) => {
        run.ready = ready;
        look();
      },
      onFailure: (kind, text) =>
        record(pod(), { type: "Warning", reason: "Unhealthy", message: `${kind} probe failed: ${text}` }),
      onDoomed: (kind) => {
        const message = `Container ${run.name} failed ${kind.toLowerCase()} probe, will be restarted`;
        record(pod(), { type: "Normal", reason: "Killing", message });
        this.#end();
      },
    });
  }

  /** Ends this container alone; that it exited makes the plan start it again. */
  #end(): void {
    const { parts, run } = this.#options;
    const id = run.runningId;
    void run.signal(run.stopSignal);
    this.#killing = parts.nodeClock.at(parts.nodeClock.now() + parts.stopPolicy().stopTimeoutMs, () => {
      if (id !== undefined && run.runningId === id) void run.signal("SIGKILL");
    });
  }
}
