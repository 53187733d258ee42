// The probes that the kubelet itself runs on a container: startup first, then liveness and exec readiness. It restarts nothing; it says who should be.

import type { Container, Probe } from "../../../apis/core/pod-spec.ts";
import type { PodAddress } from "../../../base/address.ts";
import type { Clock } from "../../../base/clock.ts";
import { errorText } from "../../../base/errors.ts";
import { attemptProbe } from "../../../data-plane/probe/attempt.ts";
import type { ContainerRuntime } from "../../runtime/runtime.ts";
import { type ProbeAnswer, ProbeLoop } from "./probe-loop.ts";

export interface ContainerProbesOptions {
  readonly container: Container;
  readonly containerId: string;
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  /** Where a port of this container is reached. */
  readonly addressOf: (port: number) => PodAddress | undefined;
  readonly onStarted: () => void;
  readonly onReady: (ready: boolean) => void;
  /** The container should be restarted: `Liveness` or `Startup` failed for good. */
  readonly onDoomed: (kind: "Liveness" | "Startup") => void;
  readonly onFailure: (kind: "Liveness" | "Readiness" | "Startup", message: string) => void;
}

/** Whether a container waits for a startup probe before it counts as started. */
export function hasStartupProbe({ startupProbe }: Container): boolean {
  return startupProbe !== undefined && hasHandler(startupProbe);
}

/** Whether the kubelet asks for readiness itself: exec only, the queue-proxy runs the others. */
export function hasExecReadiness({ readinessProbe }: Container): boolean {
  return readinessProbe?.exec !== undefined;
}

/** Runs the probes until disposed. */
export class ContainerProbes implements Disposable {
  readonly #options: ContainerProbesOptions;
  readonly #loops: ProbeLoop[] = [];

  constructor(options: ContainerProbesOptions) {
    this.#options = options;
    const { startupProbe } = options.container;
    if (startupProbe && hasStartupProbe(options.container)) this.#watchStartup(startupProbe);
    else this.#watchRunning();
  }

  [Symbol.dispose](): void {
    for (const loop of this.#loops) loop[Symbol.dispose]();
  }

  #watchStartup(probe: Probe): void {
    const loop = this.#loop("Startup", { ...probe, successThreshold: 1 }, (ok) => {
      loop[Symbol.dispose]();
      if (!ok) return this.#options.onDoomed("Startup");
      this.#options.onStarted();
      this.#watchRunning();
    });
  }

  #watchRunning(): void {
    const { livenessProbe, readinessProbe } = this.#options.container;
    if (livenessProbe && hasHandler(livenessProbe)) {
      const loop = this.#loop("Liveness", { ...livenessProbe, successThreshold: 1 }, (ok) => {
        if (ok) return;
        loop[Symbol.dispose]();
        this.#options.onDoomed("Liveness");
      });
    }
    if (readinessProbe?.exec) this.#loop("Readiness", readinessProbe, this.#options.onReady);
  }

  #loop(kind: "Liveness" | "Readiness" | "Startup", probe: Probe, onVerdict: (ok: boolean) => void): ProbeLoop {
    const { clock, onFailure } = this.#options;
    // Zero means Kubernetes' default here, not polling as in queue-proxy.
    const periodSeconds = probe.periodSeconds || 10;
    const initialDelaySeconds = (probe.initialDelaySeconds ?? 0) + firstTick(kind, periodSeconds);
    const loop = new ProbeLoop({
      probe: { ...probe, periodSeconds, initialDelaySeconds },
      clock,
      attempt: () => this.#attempt(probe),
      onVerdict: ({ ok }) => onVerdict(ok),
      onFailure: (message) => onFailure(kind, message),
    });
    this.#loops.push(loop);
    return loop;
  }

  async #attempt(probe: Probe): Promise<ProbeAnswer> {
    const { runtime, containerId, container } = this.#options;
    const timeoutMs = (probe.timeoutSeconds || 1) * 1000;
    if (probe.exec) {
      try {
        const { exitCode, output } = await runtime.exec(containerId, probe.exec.command ?? [], { timeoutMs });
        return exitCode === 0 ? { ok: true } : { ok: false, message: output || `exit code ${exitCode}` };
      } catch (error) {
        return { ok: false, message: errorText(error) };
      }
    }
    const port = portOf(probe, container);
    const address = port === undefined ? undefined : this.#options.addressOf(port);
    if (!address) return { ok: false, message: "the probed port is not reachable" };
    return attemptProbe({ probe, ...address, timeoutMs, prober: "kubelet" });
  }
}

/** A cluster's kubelet asks on its next tick after the start, up to a period later; asking at once would count the start itself as a failure. */
function firstTick(kind: "Liveness" | "Readiness" | "Startup", periodSeconds: number): number {
  if (kind === "Readiness") return 0;
  return kind === "Startup" ? Math.min(1, periodSeconds) : periodSeconds;
}

function hasHandler({ httpGet, tcpSocket, exec, grpc }: Probe): boolean {
  return (httpGet ?? tcpSocket ?? exec ?? grpc) !== undefined;
}

/** A number, or the name of one of the container's own ports. */
function portOf(probe: Probe, container: Container): number | undefined {
  const port = probe.httpGet?.port ?? probe.tcpSocket?.port ?? probe.grpc?.port;
  if (typeof port !== "string") return port;
  return (
    container.ports?.find(({ name }) => name === port)?.containerPort ?? (/^\d+$/.test(port) ? Number(port) : undefined)
  );
}
