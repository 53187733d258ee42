// The port through which the kubelet meets a pod's queue-proxy. The emulator plugs the data plane's own in; the kubelet never imports it.

import type { Pod } from "../../apis/core/types.ts";
import type { PodAddress } from "../../base/address.ts";

export interface QueueProxyRequest {
  readonly pod: Pod;
  readonly podIP: string;
  /** The port the pod serves on, as the manifest names it. */
  readonly port: number;
  /** Where this process reaches a port of the pod; undefined: it cannot. A readiness probe may ask another port than the serving one. */
  readonly addressOf: (port: number) => PodAddress | undefined;
}

/** One queue-proxy, in front of one start of a pod's containers. */
export interface QueueProxyPort {
  /** One evaluation of the readiness probes, however long it polls. Never rejects. */
  check(): Promise<{ readonly ok: true } | { readonly ok: false; readonly message: string }>;
  /** Requests in the pod now, upgraded connections included. */
  inFlight(): number;
  /** Begins to drain: probes are refused, requests still served. Resolves when no plain request is left (after `quietMs` without a new one). */
  drain(quietMs: number): Promise<void>;
  /** Closes idle connections and stops probing; nothing dials the container after this call returns. Resolves when busy ones have finished. */
  close(): Promise<void>;
}

/** Called when the pod's port has first accepted a connection; again after each restart, with the new addresses. */
export type OpenQueueProxy = (request: QueueProxyRequest) => QueueProxyPort;
