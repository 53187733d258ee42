// A pod as the activator sees it: somewhere a request can go. Given by whoever knows the pods; never dialled or started from here.
import type { Handler } from "../http/exchange.ts";

export interface Backend {
  /** The pod's name; unique in its revision. */
  readonly pod: string;
  /** `ip:port` of its queue-proxy, as EndpointSlices show it. Policies take pods in the order of this text. */
  readonly address: string;
  /** Its queue-proxy. */
  readonly handle: Handler;
  /** Ready in Kubernetes' view. An unready pod takes requests only once the activator has probed it itself. */
  readonly ready: boolean;
}
