// Starts and stops the monitors of one start of a container: probes and, for the serving container, port findings and
// the queue-proxy. Monitors only send events.
import { debugOf } from "../../../apis/serving/debug.ts";
import { runInBackground } from "../../../base/background.ts";
import type { Logger } from "../../../base/logger.ts";
import type { NodeParts } from "../node-parts.ts";
import type { WatchedStart } from "../pod/pod-events.ts";
import type { QueueProxyPort } from "../queue-proxy-port.ts";
import { ContainerProbes } from "./container-probes.ts";
import { watchPortFindings } from "./port-findings.ts";
import { QueueProxyMonitor } from "./queue-proxy-monitor.ts";
import { withStartFault } from "./start-fault.ts";

export class ContainerMonitors {
  readonly #log: Logger;
  readonly #probes: Disposable;
  readonly #findings: Disposable | undefined;
  readonly #queueProxy: QueueProxyMonitor | undefined;

  constructor(parts: NodeParts, start: WatchedStart, serving: boolean) {
    this.#log = parts.log;
    const fault = serving ? parts.faults?.start(start.pod.facts.pod) : undefined;
    const watched = fault ? withStartFault(parts, start, fault) : start;
    this.#probes = new ContainerProbes(parts, watched);
    if (!serving) return;
    this.#queueProxy = new QueueProxyMonitor(parts, watched);
    // While an app waits for its debugger, only the port of the debugger is open.
    if (!debugOf(start.pod.facts.pod.metadata)) this.#findings = watchPortFindings(parts, start);
  }

  /** undefined: this is not the serving container, or its port has not opened yet. */
  get queueProxy(): QueueProxyPort | undefined {
    return this.#queueProxy?.queueProxy;
  }

  /** Stops all probes. The queue-proxy stays open, so that requests can drain. */
  suspend(): void {
    this.#probes[Symbol.dispose]();
    this.#findings?.[Symbol.dispose]();
    this.#queueProxy?.suspend();
  }

  /** Stops all probes and closes the queue-proxy, after the container has ended. */
  close(): void {
    this.suspend();
    runInBackground(this.#log, "closing a queue-proxy", () => this.queueProxy?.close());
  }
}
