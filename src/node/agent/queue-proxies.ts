// Manages the queue-proxies of this node's pods. The kubelet opens them; the activator and the autoscaler look them up.
import type { PodPorts } from "../../api-server/pod-proxy.ts";
import type { Stat } from "../../apis/autoscaling/types.ts";
import type { Pod } from "../../apis/core/types.ts";
import { namespacedName } from "../../apis/meta/key.ts";
import { AUTOSCALING_METRICS_PORT, BACKEND_HTTP_PORT } from "../../apis/networking/ports.ts";
import type { Clock, Time } from "../../base/clock.ts";
import { Emitter } from "../../base/emitter.ts";
import type { ReadyPod } from "../../control-plane/autoscaler/ready-pods.ts";
import { goErrorText } from "../../data-plane/http/errors.ts";
import type { Handler, PodHandler } from "../../data-plane/http/exchange.ts";
import type { ForwarderFactory } from "../../data-plane/http/forwarder.ts";
import { type PodQueueProxy, readPodQueueProxy } from "../../data-plane/queue-proxy/pod-config.ts";
import { QueueProxy } from "../../data-plane/queue-proxy/queue-proxy.ts";
import { makeStatsHandler, makeUserMetricsHandler } from "../../data-plane/queue-proxy/side-ports.ts";
import type { OpenQueueProxy, QueueProxyPort, QueueProxyRequest } from "../kubelet/queue-proxy-port.ts";
import { planRequestFault } from "./request-fault-plan.ts";
import { RequestLogs } from "./request-logs.ts";
import type { SessionFaults } from "./session-faults.ts";

export interface QueueProxiesOptions {
  readonly clock: Clock;
  /** The clock of statistics; may be virtual. */
  readonly statsClock?: Clock | undefined;
  readonly forwarders: ForwarderFactory;
  /** Absent: no faults. */
  readonly faults?: Pick<SessionFaults, "next"> | undefined;
}

/** The queue-proxy of one pod, for the activator. */
export interface PodEndpoint {
  readonly handle: PodHandler;
  /** `ip:port`, as Endpoints show it. */
  readonly address: string;
}

interface OpenProxy {
  readonly proxy: QueueProxy;
  readonly endpoint: PodEndpoint;
  /** The handlers by port of the queue-proxy container. */
  readonly ports: ReadonlyMap<number, Handler>;
  readonly addressOf: QueueProxyRequest["addressOf"];
}

/**
 * For pods without a queue-proxy in their template. Such pods have no limits, and are ready when the port accepts
 * connections.
 */
const PLAIN: Omit<PodQueueProxy, "config" | "userPort"> = {
  protocol: "http1",
  servingPort: BACKEND_HTTP_PORT,
  userMetricsPort: undefined,
  requestLogTemplate: "",
  logsProbes: false,
};

export class QueueProxies {
  readonly #options: QueueProxiesOptions;
  /** By pod uid. */
  readonly #open = new Map<string, OpenProxy>();
  /** `namespace/name` of a pod → uid. */
  readonly #names = new Map<string, string>();
  readonly #changes = new Emitter<Pod>();

  /** Reports a pod whose queue-proxy was opened or closed. */
  readonly onChange = this.#changes.subscribe;

  readonly requestLogs = new RequestLogs();

  constructor(options: QueueProxiesOptions) {
    this.#options = options;
  }

  readonly open: OpenQueueProxy = (request) => {
    const { pod, podIP, addressOf } = request;
    const { namespace = "", name, uid = "" } = pod.metadata;
    const key = namespacedName({ namespace, name });
    this.requestLogs.open(uid);
    const config = readPodQueueProxy(pod);
    const proxy = this.#makeProxy(request, config);
    const { servingPort } = config ?? PLAIN;
    const endpoint = { handle: proxy.handle, address: `${podIP}:${servingPort}` };
    const opened: OpenProxy = { proxy, endpoint, ports: config ? portsOf(proxy, config) : new Map(), addressOf };
    this.#open.set(uid, opened);
    this.#names.set(key, uid);
    this.#changes.emit(pod);
    return asQueueProxyPort(proxy, () => {
      if (this.#open.get(uid) === opened) {
        this.#open.delete(uid);
        this.#names.delete(key);
        this.#changes.emit(pod);
      }
    });
  };

  readonly endpointOf = (podUid: string): PodEndpoint | undefined => this.#open.get(podUid)?.endpoint;

  /** Returns the statistics of a pod's last full second; undefined if it has no queue-proxy. */
  readonly statOf = ({ namespace, name }: ReadyPod, now: Time): Stat | undefined => {
    const uid = this.#names.get(namespacedName({ namespace, name }));
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

  /** Returns the handler of a port of the pod's queue-proxy. */
  ownPortOf({ metadata }: Pod, port: number): Handler | undefined {
    return this.#open.get(metadata.uid ?? "")?.ports.get(port);
  }

  /** Returns the handler of a port of a pod: the queue-proxy's, or one that forwards to the container. */
  readonly portOf: PodPorts = (pod, port) => {
    const { metadata, status } = pod;
    const handle = this.ownPortOf(pod, port);
    if (handle) return (exchange) => handle(exchange).then(() => undefined);
    const address = this.#open.get(metadata.uid ?? "")?.addressOf(port);
    if (!address) return undefined;
    const { forwarders } = this.#options;
    return async (exchange) => {
      const forwarder = forwarders.open({ ...address, protocol: "http1" });
      const outcome = await forwarder.forward(exchange, { headers: exchange.headers });
      await forwarder.close();
      if (outcome.kind !== "unreachable") return undefined;
      return goErrorText(outcome.code, outcome.message, { host: status?.podIP ?? "", port });
    };
  };

  #makeProxy({ pod, podIP, port, addressOf, crash }: QueueProxyRequest, found: PodQueueProxy | undefined): QueueProxy {
    const { clock, statsClock, forwarders, faults } = this.#options;
    const { protocol, requestLogTemplate, logsProbes } = found ?? PLAIN;
    const reach = (podPort: number) => addressOf(podPort) ?? { host: podIP, port: podPort };
    const config = found?.config ?? plainConfig(pod);
    return new QueueProxy({
      config: {
        ...config,
        identity: { ...config.identity, podIP },
        requestLog: {
          template: requestLogTemplate,
          probes: logsProbes,
          write: (entry) => this.requestLogs.add(pod.metadata.uid ?? "", entry),
        },
      },
      upstream: { ...reach(port), ...(config.detectHttp2 ? {} : { protocol }) },
      forwarders,
      clock,
      ...(statsClock && { statsClock }),
      addressOf: reach,
      nextFault: faults && (() => planRequestFault(faults.next("request", pod), crash)),
    });
  }
}

/** Returns the ports of a queue-proxy container. */
function portsOf(
  proxy: QueueProxy,
  { servingPort, userMetricsPort, config }: PodQueueProxy,
): ReadonlyMap<number, Handler> {
  const ports = new Map<number, Handler>([
    [servingPort, proxy.handle],
    [AUTOSCALING_METRICS_PORT, makeStatsHandler(proxy, config.identity.pod)],
  ]);
  if (userMetricsPort !== undefined) ports.set(userMetricsPort, makeUserMetricsHandler(proxy));
  return ports;
}

function asQueueProxyPort(proxy: QueueProxy, onClose: () => void): QueueProxyPort {
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
