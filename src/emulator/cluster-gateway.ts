// Joins the local gateway with the store and the ingress: which names exist, who takes the requests, and what a Pod's containers are told. Decides nothing.
import type { Pod } from "../apis/core/types.ts";
import type { IngressGateway } from "../data-plane/ingress/ingress.ts";
import type { ClusterGateway, SessionNetwork } from "../node/network/gateway.ts";
import { openGateway } from "../node/network/open-gateway.ts";
import { renderDns } from "../node/network/pod-dns-spec.ts";
import type { ContainerRuntime, ContainerSpec, RuntimeInfo } from "../node/runtime/runtime.ts";
import type { ControlPlane } from "./control-plane.ts";
import { EmulatorError, type EmulatorOptions } from "./options.ts";
import { makeLocalHandler, type RevisionServices } from "./revision-services.ts";

export interface ClusterGatewayParts {
  readonly options: EmulatorOptions;
  readonly runtime: ContainerRuntime;
  readonly info: RuntimeInfo;
  readonly control: ControlPlane;
  /** Takes what comes in at the local gateway. */
  readonly ingress: IngressGateway;
  /** Takes what goes to a revision and to no route. */
  readonly forward: RevisionServices["forward"];
  readonly publicPort: number;
}

/** How the session's containers find Services and this machine. */
export interface NodeNetwork extends SessionNetwork {
  readonly dns: ((pod: Pod) => NonNullable<ContainerSpec["dns"]>) | undefined;
  readonly extraHosts: readonly string[];
  readonly notice: string | undefined;
  /** The gateway first, then the network itself. */
  close(): Promise<void>;
}

/** Opens the session's network and its gateway; undefined where the runtime has no networks. */
export async function openNodeNetwork(
  parts: ClusterGatewayParts,
  labels: Readonly<Record<string, string>>,
): Promise<NodeNetwork | undefined> {
  const { options, runtime, info, control, ingress, forward, publicPort } = parts;
  if (!runtime.capabilities.networks) return undefined;
  const way = wantedWay(process.env["KNAP_GATEWAY"]);
  const prefix = `knap-${options.sessionId}`;
  const network = await runtime.networks.open({ name: prefix, labels });
  const names = {
    hasService: (namespace: string, name: string) => control.store.get("Service", namespace, name) !== undefined,
    isPublicHost: (host: string) => ingress.table.publicHosts.includes(host),
  };
  const { store } = control;
  const handler = makeLocalHandler({ store, forward, otherwise: ingress.handle });
  const { log } = options;
  const order = { runtime, info, network, names, handler, publicPort, labels, prefix, log };
  const { gateway, hostAddress, notice } = await openGateway(order, way);
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

/** `KNAP_GATEWAY`: no choice is left to knap. */
function wantedWay(text = ""): ClusterGateway["way"] | undefined {
  if (text === "" || text === "auto") return undefined;
  if (text === "host" || text === "container") return text;
  throw new EmulatorError(`KNAP_GATEWAY=${text}`, "no such gateway", "Say host, container or auto");
}
