// The queue-proxy of a pod as the kubelet sees it. `node/agent/queue-proxies.ts` implements it with the data plane,
// which the kubelet must not import.
import type { Pod } from "../../apis/core/types.ts";
import type { PodAddress } from "../../base/address.ts";

export interface QueueProxyRequest {
  readonly pod: Pod;
  readonly podIP: string;
  /** The serving port in the manifest. */
  readonly port: number;
  /**
   * Where this process reaches a port of the pod; undefined: it cannot. A readiness probe may use another port than the
   * serving one.
   */
  readonly addressOf: (port: number) => PodAddress | undefined;
}

/** The queue-proxy in front of one start of the serving container. */
export interface QueueProxyPort {
  /** Evaluates the readiness probes once, with their own polling. Never rejects. */
  check(): Promise<{ readonly ok: true } | { readonly ok: false; readonly message: string }>;
  /** The number of requests in the pod, including upgraded connections. */
  inFlight(): number;
  /**
   * Refuses probes from now on and still serves requests. Resolves when no plain request is left and none came for
   * `quietMs`.
   */
  drain(quietMs: number): Promise<void>;
  /** Opens no more connections to the container and closes idle ones. Resolves when the busy ones have finished. */
  close(): Promise<void>;
}

/** Called at each start of the serving container, when its port has first accepted a connection. */
export type OpenQueueProxy = (request: QueueProxyRequest) => QueueProxyPort;
