// Opens the session's container network with its gateway. The store resolves names; the ingress handles requests.
import type { RevisionKey } from "../apis/autoscaling/types.ts";
import { CLUSTER_DOMAIN } from "../apis/config/serving-config.ts";
import { namespacedName } from "../apis/meta/key.ts";
import type { StringMap } from "../apis/meta/object.ts";
import { hostName } from "../apis/networking/hosts.ts";
import { SERVERLESS_SERVICE_LABEL } from "../apis/serving/labels.ts";
import { EnvironmentError } from "../base/environment-error.ts";
import type { Logger } from "../base/logger.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import type { Exchange, Handler } from "../data-plane/http/exchange.ts";
import { ForwardedExchange } from "../data-plane/http/forwarded-exchange.ts";
import type { IngressGateway } from "../data-plane/ingress/ingress.ts";
import type { ClusterGateway, NodeNetwork } from "../node/network/gateway.ts";
import { openGateway } from "../node/network/open-gateway.ts";
import { renderDns } from "../node/network/pod-dns-spec.ts";
import type { ContainerRuntime, RuntimeInfo } from "../node/runtime/runtime.ts";

export interface ClusterGatewayParts {
  readonly sessionId: string;
  readonly log: Logger;
  readonly runtime: ContainerRuntime;
  readonly info: RuntimeInfo;
  readonly store: ObjectStore;
  /** Returns true if a fault makes the lookup of this name by the container with this address fail. */
  readonly failsLookup: (name: string, address: string) => boolean;
  /** Handles requests that arrive at the gateway. */
  readonly ingress: IngressGateway;
  /** Handles requests to a revision's own Service. */
  readonly forward: (revision: RevisionKey, exchange: Exchange) => Promise<void>;
  readonly publicPort: number;
  /** Labels of all objects on the engine. */
  readonly labels: StringMap;
}

/** Returns undefined if the runtime has no networks. */
export async function openNodeNetwork(parts: ClusterGatewayParts): Promise<NodeNetwork | undefined> {
  const { sessionId, log, runtime, info, store, failsLookup, ingress, publicPort, labels } = parts;
  if (!runtime.capabilities.networks) return undefined;
  const mode = wantedMode(process.env["KNAP_GATEWAY"]);
  const prefix = `knap-${sessionId}`;
  const network = await runtime.networks.open({ name: prefix, labels });
  const names = {
    hasService: (namespace: string, name: string) => store.get("Service", namespace, name) !== undefined,
    isPublicHost: (host: string) => ingress.table.publicHosts.includes(host),
  };
  const handler = makeLocalHandler(parts);
  const options = { runtime, info, network, names, failsLookup, handler, publicPort, labels, prefix, log };
  const { gateway, hostAddress, notice } = await openGateway(options, mode);
  return {
    ...network,
    dns: gateway && ((pod) => renderDns(pod, gateway.address)),
    extraHosts: [`host.docker.internal:${hostAddress}`],
    notice,
    close: async () => {
      await gateway?.close(0);
      await runtime.networks.close(network.id);
    },
  };
}

/** Returns the gateway mode that `KNAP_GATEWAY` demands; undefined: knap chooses. */
function wantedMode(text = ""): ClusterGateway["mode"] | undefined {
  if (text === "" || text === "auto") return undefined;
  if (text === "host" || text === "container") return text;
  throw new EnvironmentError("BAD_VARIABLE", `KNAP_GATEWAY=${text}`, "no such gateway", "Use host, container or auto");
}

/**
 * Handles requests at the gateway. A request to a revision's own Service passes no ingress. Its Host must be the full
 * name (`hello-00001.default.svc.cluster.local`).
 * @see pkg/activator/handler/context_handler.go
 */
function makeLocalHandler({ store, forward, ingress }: ClusterGatewayParts): Handler {
  return (exchange) => {
    if (exchange.listener !== "local") return ingress.handle(exchange);
    const [name = "", namespace = "", ...rest] = hostName(exchange.host).split(".");
    const service = rest.join(".") === `svc.${CLUSTER_DOMAIN}` ? store.get("Service", namespace, name) : undefined;
    if (service?.metadata.labels?.[SERVERLESS_SERVICE_LABEL] !== name) return ingress.handle(exchange);
    const isH2c = service.spec.ports?.some((port) => port.name === "http2");
    const { headers, peer } = exchange;
    return forward(
      namespacedName({ namespace, name }),
      new ForwardedExchange(exchange, { headers, peer, version: isH2c ? "2" : "1.1" }),
    );
  };
}
