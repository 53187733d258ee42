// Waits until the port of the serving container opens, then opens the pod's queue-proxy and asks it for readiness. Each
// start of the container has its own monitor.
import { QUEUE_PROXY, servingPort } from "../../../apis/core/pod.ts";
import { probePortNumber } from "../../../apis/core/probe.ts";
import { runInBackground } from "../../../base/background.ts";
import { errorText } from "../../../base/errors.ts";
import type { NodeParts } from "../node-parts.ts";
import type { WatchedStart } from "../pod/pod-events.ts";
import type { InjectedCrash } from "../pod/pod-facts.ts";
import type { QueueProxyPort } from "../queue-proxy-port.ts";
import { readinessProbes } from "../spec/container-spec.ts";
import { crashContainer } from "./injected-crash.ts";
import { waitForPort } from "./port-watch.ts";
import { DEFAULT_FAILURES, ProbeLoop } from "./probe-loop.ts";
import { ReadinessFlap } from "./readiness-flap.ts";

export class QueueProxyMonitor {
  readonly #parts: NodeParts;
  readonly #start: WatchedStart;
  readonly #closing = new AbortController();
  #queueProxy: QueueProxyPort | undefined;
  #loop: ProbeLoop | undefined;

  constructor(parts: NodeParts, start: WatchedStart) {
    this.#parts = parts;
    this.#start = start;
    const onError = (error: unknown): void => {
      const message = `the queue-proxy cannot start: ${errorText(error)}`;
      start.report({ type: "readiness", ok: false, message, at: parts.nodeClock.now() });
    };
    runInBackground(parts.log, "opening a queue-proxy", () => this.#open().catch(onError));
  }

  get queueProxy(): QueueProxyPort | undefined {
    return this.#queueProxy;
  }

  /** Stops asking for readiness. The caller closes the queue-proxy. */
  suspend(): void {
    this.#closing.abort();
    this.#loop?.[Symbol.dispose]();
  }

  async #open(): Promise<void> {
    const { info, nodeClock: clock, openQueueProxy } = this.#parts;
    const { pod, addressOf, report } = this.#start;
    const { signal } = this.#closing;
    // The readiness probe may use another port than the serving port.
    const [probe] = readinessProbes(pod.facts.pod);
    const watched = (probe && probePortNumber(probe)) || servingPort(pod.facts.pod);
    const relayed = info.address === "published" ? () => this.#listens(watched) : undefined;
    if (!(await waitForPort({ address: () => addressOf(watched), relayed, clock, signal }))) return;
    const { pod: object, address: podIP } = pod.facts;
    const crash = (cause: InjectedCrash): Promise<void> => crashContainer(this.#parts, this.#start, cause);
    const queueProxy = openQueueProxy({ pod: object, podIP, port: servingPort(object), addressOf, crash });
    this.#queueProxy = queueProxy;
    const at = clock.now();
    const kubeletProbe = object.spec.containers.find(({ name }) => name === QUEUE_PROXY)?.readinessProbe ?? {};
    const flap = new ReadinessFlap(this.#parts, pod, kubeletProbe.failureThreshold || DEFAULT_FAILURES);
    this.#loop = new ProbeLoop({
      probe: kubeletProbe,
      clock,
      run: async () => flap.next() ?? queueProxy.check(),
      onVerdict: (verdict) => report({ type: "readiness", ...verdict, at: clock.now() }),
      onFailure: (message) => report({ type: "probeFailedOnce", kind: "Readiness", message }),
    });
    report({ type: "queueProxyOpened", at });
  }

  /**
   * Resolves to true if the container listens on a port at which the engine's port relay reaches it, or if that is
   * unknown.
   */
  async #listens(port: number): Promise<boolean> {
    const listeners = await this.#parts.runtime.listeners(this.#start.containerId).catch(() => undefined);
    return listeners?.some((listener) => listener.port === port && !listener.loopback) ?? true;
  }
}
