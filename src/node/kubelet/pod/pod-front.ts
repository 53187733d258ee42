// The front of a running pod: waits for its port, opens its queue-proxy and asks it for readiness. Closed and opened anew with each start.

import { QUEUE_PROXY, servingPort } from "../../../apis/core/pod.ts";
import type { Pod } from "../../../apis/core/types.ts";
import type { PodAddress } from "../../../base/address.ts";
import { waitForPort } from "../container/port-watch.ts";
import { ProbeLoop } from "../container/probe-loop.ts";
import type { NodeParts, StartMarks } from "../node-parts.ts";
import type { QueueProxyPort } from "../queue-proxy-port.ts";
import { probePort, readinessProbes } from "../spec/container-spec.ts";

export interface FrontOptions {
  readonly parts: NodeParts;
  readonly pod: () => Pod;
  readonly podIP: () => string;
  readonly addressOf: (port: number) => PodAddress | undefined;
  /** Whether the container itself listens on a port; true where that cannot be told. */
  readonly listens: (port: number) => Promise<boolean>;
  readonly marks: StartMarks;
  readonly look: () => void;
}

export class PodFront {
  readonly #options: FrontOptions;
  readonly #closing = new AbortController();
  #sidecar: QueueProxyPort | undefined;
  #loop: ProbeLoop | undefined;
  ready = false;
  message: string | undefined;

  constructor(options: FrontOptions) {
    this.#options = options;
    void this.#open();
  }

  get sidecar(): QueueProxyPort | undefined {
    return this.#sidecar;
  }

  /** Readiness is not asked any more; the sidecar itself is closed by {@link close} or by whoever stops the pod. */
  rest(): void {
    this.#closing.abort();
    this.#loop?.[Symbol.dispose]();
  }

  close(): void {
    this.rest();
    this.ready = false;
    void this.#sidecar?.close();
  }

  async #open(): Promise<void> {
    const { parts, pod, podIP, addressOf, marks, look } = this.#options;
    const probes = readinessProbes(pod());
    // The first probe's own port: an app may be asked elsewhere than where it serves.
    const watched = probePort(probes[0]) ?? servingPort(pod());
    const { signal } = this.#closing;
    const relayed = parts.info.address === "published" ? () => this.#options.listens(watched) : undefined;
    const open = await waitForPort({ address: () => addressOf(watched), relayed, clock: parts.nodeClock, signal });
    if (!open) return;
    marks.portOpen ??= parts.nodeClock.now();
    const port = servingPort(pod());
    this.#sidecar = parts.openQueueProxy({ pod: pod(), podIP: podIP(), port, addressOf });
    const proxy = pod().spec.containers.find(({ name }) => name === QUEUE_PROXY);
    this.#loop = new ProbeLoop({
      probe: proxy?.readinessProbe ?? {},
      clock: parts.nodeClock,
      attempt: () => (this.#sidecar as QueueProxyPort).check(),
      onVerdict: (answer) => {
        this.ready = answer.ok;
        this.message = answer.ok ? undefined : answer.message;
        if (answer.ok) marks.probeOk ??= parts.nodeClock.now();
        look();
      },
      onFailure: (message) => {
        const text = `Readiness probe failed: ${message}`;
        parts.record(pod(), { type: "Warning", reason: "Unhealthy", message: text });
      },
    });
    look();
  }
}
