// A pod as a destination of the activator's requests.
import type { Handler } from "../http/exchange.ts";

export interface Backend {
  /** The pod's name, unique in its revision. */
  readonly pod: string;
  /** `ip:port` of its queue-proxy, as in EndpointSlices. Policies sort pods by this text. */
  readonly address: string;
  /** Handler of its queue-proxy. */
  readonly handle: Handler;
  /**
   * Whether the pod is Ready in Kubernetes' view. An unready pod gets requests only after the activator has probed it.
   */
  readonly ready: boolean;
}
