// Opens the session's container network and its gateway, connected to the store (names) and the ingress (requests).
import type { StringMap } from "../apis/meta/object.ts";
import { EnvironmentError } from "../base/environment-error.ts";
import type { Logger } from "../base/logger.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import type { IngressGateway } from "../data-plane/ingress/ingress.ts";
import type { ClusterGateway, NodeNetwork } from "../node/network/gateway.ts";
import { openGateway } from "../node/network/open-gateway.ts";
import { renderDns } from "../node/network/pod-dns-spec.ts";
import type { ContainerRuntime, RuntimeInfo } from "../node/runtime/runtime.ts";
import { makeLocalHandler, type RevisionServices } from "./revision-services.ts";

export interface ClusterGatewayParts {
  readonly sessionId: string;
  readonly log: Logger;
  readonly runtime: ContainerRuntime;
  readonly info: RuntimeInfo;
  readonly store: ObjectStore;
  /** Handles requests that arrive at the gateway. */
  readonly ingress: IngressGateway;
  /** Handles requests to a revision's own Service. */
  readonly forward: RevisionServices["forward"];
  readonly publicPort: number;
  /** Set on everything made on the engine. */
  readonly labels: StringMap;
}

/** Returns undefined if the runtime has no networks. */
export async function openNodeNetwork(parts: ClusterGatewayParts): Promise<NodeNetwork | undefined> {
  const { sessionId, log, runtime, info, store, ingress, forward, publicPort, labels } = parts;
  if (!runtime.capabilities.networks) return undefined;
  const mode = wantedMode(process.env["KNAP_GATEWAY"]);
  const prefix = `knap-${sessionId}`;
  const network = await runtime.networks.open({ name: prefix, labels });
  const names = {
    hasService: (namespace: string, name: string) => store.get("Service", namespace, name) !== undefined,
    isPublicHost: (host: string) => ingress.table.publicHosts.includes(host),
  };
  const handler = makeLocalHandler({ store, forward, otherwise: ingress.handle });
  const options = { runtime, info, network, names, handler, publicPort, labels, prefix, log };
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

/** The gateway mode that `KNAP_GATEWAY` demands; undefined: knap chooses. */
function wantedMode(text = ""): ClusterGateway["mode"] | undefined {
  if (text === "" || text === "auto") return undefined;
  if (text === "host" || text === "container") return text;
  throw new EnvironmentError(`KNAP_GATEWAY=${text}`, "no such gateway", "Use host, container or auto");
}
