// Forwards calls of a revision's own Service (`hello-00001.default.svc.cluster.local`), which pass no ingress in a
// cluster, straight to the revision.

import type { RevisionKey } from "../apis/autoscaling/types.ts";
import { CLUSTER_DOMAIN } from "../apis/config/serving-config.ts";
import { namespacedName } from "../apis/meta/key.ts";
import { hostName } from "../apis/networking/hosts.ts";
import { SERVERLESS_SERVICE_LABEL } from "../apis/serving/labels.ts";
import type { View } from "../control-plane/store/view.ts";
import type { Exchange, Handler } from "../data-plane/http/exchange.ts";
import { HopExchange } from "../data-plane/http/hop-exchange.ts";

export interface RevisionServices {
  readonly store: Pick<View, "get">;
  readonly forward: (revision: RevisionKey, exchange: Exchange) => Promise<void>;
  /** Handles all other requests. */
  readonly otherwise: Handler;
}

/**
 * Only the full name is recognised, as by the activator for a request without revision headers.
 * @see pkg/activator/handler/context_handler.go
 */
export function makeLocalHandler({ store, forward, otherwise }: RevisionServices): Handler {
  return (exchange) => {
    if (exchange.listener !== "local") return otherwise(exchange);
    const [name = "", namespace = "", ...rest] = hostName(exchange.host).split(".");
    const service = rest.join(".") === `svc.${CLUSTER_DOMAIN}` ? store.get("Service", namespace, name) : undefined;
    if (service?.metadata.labels?.[SERVERLESS_SERVICE_LABEL] !== name) return otherwise(exchange);
    const isH2c = service.spec.ports?.some((port) => port.name === "http2");
    const { headers, peer } = exchange;
    return forward(
      namespacedName({ namespace, name }),
      new HopExchange(exchange, { headers, peer, version: isH2c ? "2" : "1.1" }),
    );
  };
}
