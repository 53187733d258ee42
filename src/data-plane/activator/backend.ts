// Defines a pod as the activator sees it.
import type { PodHandler } from "../http/exchange.ts";

export interface Backend {
  /** The pod's name, unique in its revision. */
  readonly pod: string;
  /** `ip:port` of its queue-proxy, as in EndpointSlices. Pods are sorted by this text. */
  readonly address: string;
  /** Handler of its queue-proxy. */
  readonly handle: PodHandler;
  /** The pod's Ready condition. The activator also uses an unready pod, after a successful probe. */
  readonly ready: boolean;
}
