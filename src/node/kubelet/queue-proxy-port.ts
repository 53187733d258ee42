// Defines the queue-proxy as the kubelet uses it. `node/agent/queue-proxies.ts` implements it with the data plane. The
// kubelet must not import the data plane.
import type { Pod } from "../../apis/core/types.ts";
import type { PodAddress } from "../../base/address.ts";
import type { InjectedCrash } from "./pod/pod-facts.ts";

export interface QueueProxyRequest {
  readonly pod: Pod;
  readonly podIP: string;
  /** The serving port of the manifest. */
  readonly port: number;
  /** Returns the address at which knap reaches a port of the pod; undefined if knap cannot. */
  readonly addressOf: (port: number) => PodAddress | undefined;
  /** Kills the container for a fault. Resolves when the signal is sent. Never rejects. */
  readonly crash: (crash: InjectedCrash) => Promise<void>;
}

/** The queue-proxy of one start of the serving container. */
export interface QueueProxyPort {
  /** Runs the readiness probes once. A probe with period 0 polls by itself. Never rejects. */
  check(): Promise<{ readonly ok: true } | { readonly ok: false; readonly message: string }>;
  /** Returns the number of requests in the pod, including upgraded connections. */
  inFlight(): number;
  /**
   * Refuses probes from now on, and still serves requests. Resolves when no request other than an upgraded one is in
   * flight and none has come for `quietMs`.
   */
  drain(quietMs: number): Promise<void>;
  /** Closes the idle connections to the container, and opens no more. Resolves when the busy ones have finished. */
  close(): Promise<void>;
}

/** The kubelet calls this at each start of the serving container, when its port first accepts a connection. */
export type OpenQueueProxy = (request: QueueProxyRequest) => QueueProxyPort;
