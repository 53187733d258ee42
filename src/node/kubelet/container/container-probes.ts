// Runs the startup probe of a container, then its liveness probe and exec readiness probe. The queue-proxy runs other
// readiness probes.
import type { Probe } from "../../../apis/core/pod-spec.ts";
import { hasProbeHandler, probePortNumber } from "../../../apis/core/probe.ts";
import { attemptProbe } from "../../../data-plane/probe/attempt.ts";
import type { NodeParts } from "../node-parts.ts";
import type { ProbeFailed, ProbeKind, WatchedStart } from "../pod/pod-events.ts";
import { DEFAULT_FAILURES, type ProbeAnswer, ProbeLoop } from "./probe-loop.ts";

/** Runs the probes until disposed. */
export class ContainerProbes implements Disposable {
  readonly #parts: Pick<NodeParts, "runtime" | "nodeClock">;
  readonly #start: WatchedStart;
  readonly #loops: ProbeLoop[] = [];

  constructor(parts: Pick<NodeParts, "runtime" | "nodeClock">, start: WatchedStart) {
    this.#parts = parts;
    this.#start = start;
    const { startupProbe } = start.container;
    if (startupProbe && hasProbeHandler(startupProbe)) this.#watchStartup(startupProbe);
    else this.#watchRunning();
  }

  [Symbol.dispose](): void {
    for (const loop of this.#loops) loop[Symbol.dispose]();
  }

  #watchStartup(probe: Probe): void {
    const loop = this.#loop("Startup", { ...probe, successThreshold: 1 }, (answer) => {
      loop[Symbol.dispose]();
      if (!answer.ok) return this.#start.report(probeFailed("Startup", probe, answer.message));
      this.#start.report({ type: "startupPassed" });
      this.#watchRunning();
    });
  }

  #watchRunning(): void {
    const { report, container } = this.#start;
    const { livenessProbe, readinessProbe } = container;
    if (livenessProbe && hasProbeHandler(livenessProbe)) {
      const loop = this.#loop("Liveness", { ...livenessProbe, successThreshold: 1 }, (answer) => {
        if (answer.ok) return;
        loop[Symbol.dispose]();
        report(probeFailed("Liveness", livenessProbe, answer.message));
      });
    }
    if (readinessProbe?.exec)
      this.#loop("Readiness", readinessProbe, ({ ok: ready }) => report({ type: "execReadiness", ready }));
  }

  #loop(kind: ProbeKind, probe: Probe, onVerdict: (answer: ProbeAnswer) => void): ProbeLoop {
    // As in Kubernetes, 0 means the default. In the queue-proxy, 0 means polling.
    const periodSeconds = probe.periodSeconds || 10;
    const initialDelaySeconds = (probe.initialDelaySeconds ?? 0) + firstTick(kind, periodSeconds);
    const loop = new ProbeLoop({
      probe: { ...probe, periodSeconds, initialDelaySeconds },
      clock: this.#parts.nodeClock,
      run: () => this.#run(probe),
      onVerdict,
      onFailure: (message) => this.#start.report({ type: "probeFailedOnce", kind, message }),
    });
    this.#loops.push(loop);
    return loop;
  }

  async #run(probe: Probe): Promise<ProbeAnswer> {
    const { containerId, container, addressOf } = this.#start;
    const timeoutMs = (probe.timeoutSeconds || 1) * 1000;
    if (probe.exec) {
      const { exitCode, output } = await this.#parts.runtime.exec(containerId, probe.exec.command ?? [], { timeoutMs });
      return exitCode === 0 ? { ok: true } : { ok: false, message: output || `exit code ${exitCode}` };
    }
    const port = probePortNumber(probe, container);
    const address = port === undefined ? undefined : addressOf(port);
    if (!address) return { ok: false, message: "the probed port is not reachable" };
    return attemptProbe({ probe, ...address, timeoutMs, prober: "kubelet" });
  }
}

function probeFailed(kind: "Liveness" | "Startup", { failureThreshold }: Probe, message: string): ProbeFailed {
  return { type: "probeFailed", kind, message, failures: failureThreshold || DEFAULT_FAILURES };
}

/**
 * Returns the delay in seconds before the first probe. A cluster's kubelet first probes up to one period after the
 * start.
 */
function firstTick(kind: ProbeKind, periodSeconds: number): number {
  if (kind === "Readiness") return 0;
  return kind === "Startup" ? Math.min(1, periodSeconds) : periodSeconds;
}
