// The queue-proxies of this node's pods: opened when the kubelet says that a pod's port accepts, found by the activator and by the autoscaler's scraping.
import type { Stat } from "../apis/autoscaling/types.ts";
import type { Pod } from "../apis/core/types.ts";
import type { Clock, Time } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { ReadyPod } from "../control-plane/autoscaler/ready-pods.ts";
import type { ForwarderFactory } from "../data-plane/http/forwarder.ts";
import { type PodQueueProxy, readPodQueueProxy } from "../data-plane/queue-proxy/pod-config.ts";
import { QueueProxy } from "../data-plane/queue-proxy/queue-proxy.ts";
import type { OpenSidecar, Sidecar, SidecarRequest } from "../node/kubelet/sidecar.ts";
import type { PodDoor } from "./revision-traffic.ts";

export interface SidecarsOptions {
  readonly clock: Clock;
  /** The clock of statistics; may be virtual. */
  readonly statsClock?: Clock;
  readonly forwarders: ForwarderFactory;
  /** The pod can be sent requests from now on, or no longer. */
  readonly onDoor: (pod: Pod) => void;
  readonly log: Logger;
}

interface OpenProxy {
  readonly proxy: QueueProxy;
  readonly door: PodDoor;
}

/** A pod that is none of Knative's (no queue-proxy in its template): no limits, and ready when its port accepts. */
const PLAIN: Pick<PodQueueProxy, "protocol" | "servingPort" | "requestLogTemplate" | "logsProbes"> = {
  protocol: "http1",
  servingPort: 8012,
  requestLogTemplate: "",
  logsProbes: false,
};

export class Sidecars {
  readonly #options: SidecarsOptions;
  /** By pod uid. */
  readonly #open = new Map<string, OpenProxy>();
  /** `namespace/name` of a pod → uid. */
  readonly #names = new Map<string, string>();

  constructor(options: SidecarsOptions) {
    this.#options = options;
  }

  readonly open: OpenSidecar = (request) => {
    const { pod, podIP } = request;
    const uid = pod.metadata.uid ?? "";
    const { proxy, servingPort } = this.#makeProxy(request);
    const opened: OpenProxy = { proxy, door: { handle: proxy.handle, address: `${podIP}:${servingPort}` } };
    this.#open.set(uid, opened);
    this.#names.set(nameOf(pod), uid);
    this.#options.onDoor(pod);
    return asSidecar(proxy, () => {
      if (this.#open.get(uid) === opened) {
        this.#open.delete(uid);
        this.#names.delete(nameOf(pod));
        this.#options.onDoor(pod);
      }
    });
  };

  readonly doorOf = (podUid: string): PodDoor | undefined => this.#open.get(podUid)?.door;

  /** The last closed second of a pod's queue-proxy. */
  readonly statOf = ({ namespace, name }: ReadyPod, now: Time): Stat | undefined => {
    const uid = this.#names.get(`${namespace}/${name}`);
    const report = uid === undefined ? undefined : this.#open.get(uid)?.proxy.report();
    if (!report) return undefined;
    return {
      podName: name,
      averageConcurrentRequests: report.averageConcurrentRequests,
      averageProxiedConcurrentRequests: report.averageProxiedConcurrentRequests,
      requestCount: report.requestCount,
      proxiedRequestCount: report.proxiedRequestCount,
      processUptime: report.processUptimeSeconds,
      time: now,
    };
  };

  #makeProxy({ pod, podIP, port, addressOf }: SidecarRequest): {
    readonly proxy: QueueProxy;
    readonly servingPort: number;
  } {
    const { clock, statsClock, forwarders, log } = this.#options;
    const told = readPodQueueProxy(pod);
    const { protocol, servingPort, requestLogTemplate, logsProbes } = told ?? PLAIN;
    const reach = (podPort: number) => addressOf(podPort) ?? { host: podIP, port: podPort };
    const config = told?.config ?? plainConfig(pod);
    const proxy = new QueueProxy({
      config: {
        ...config,
        identity: { ...config.identity, podIP },
        requestLog: {
          template: requestLogTemplate,
          probes: logsProbes,
          write: (line) => log.info("request", { line }),
        },
      },
      upstream: { ...reach(port), ...(config.detectHttp2 ? {} : { protocol }) },
      forwarders,
      clock,
      ...(statsClock && { statsClock }),
      addressOf: reach,
      // The kubelet has already waited for the port.
      eagerStart: false,
    });
    return { proxy, servingPort };
  }
}

function asSidecar(proxy: QueueProxy, onClose: () => void): Sidecar {
  return {
    check: () => proxy.checkReadiness(),
    inFlight: () => proxy.inFlight,
    drain: async (quietMs) => {
      await proxy.drain.begin(quietMs);
      await proxy.drain.idle();
    },
    close: () => {
      onClose();
      return proxy.close();
    },
  };
}

function plainConfig(pod: Pod): PodQueueProxy["config"] {
  const { namespace = "", name } = pod.metadata;
  return {
    containerConcurrency: 0,
    timeoutSeconds: 300,
    responseStartTimeoutSeconds: 0,
    idleTimeoutSeconds: 0,
    readinessProbes: [],
    identity: { namespace, service: "", configuration: "", revision: "", pod: name },
  };
}

function nameOf({ metadata }: Pod): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}
