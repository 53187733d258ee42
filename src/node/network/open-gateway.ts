// Chooses how containers reach Services by cluster names: in this process where it may listen on the session's network, else by a container of its own.
import { errorText } from "../../base/errors.ts";
import { openContainerGateway } from "./container-gateway.ts";
import type { ClusterGateway, GatewayOptions } from "./gateway.ts";
import { openHostGateway } from "./host-gateway.ts";
import { ownAddress } from "./own-address.ts";

export interface OpenedGateway {
  /** Absent: neither way works here. */
  readonly gateway?: ClusterGateway;
  /** What `host.docker.internal` stands for in containers: an address, or the engine's own word for the host. */
  readonly hostAddress: string;
  /** What the user should know: why there is none. */
  readonly notice?: string;
}

/** The engine puts its own idea of the host's address in its place. */
const ENGINES_HOST = "host-gateway";

/** Opens a gateway; one that cannot be had is a notice and never an error: Services are served without it. `wanted` leaves no choice. */
export async function openGateway(
  options: GatewayOptions,
  wanted?: ClusterGateway["mode"] | undefined,
): Promise<OpenedGateway> {
  const own = await ownAddress(options.network);
  // Where knap itself runs in a container, its own address is not the machine's.
  const hostAddress = own === options.network.gateway ? own : ENGINES_HOST;
  const failures: string[] = [];
  if (own !== undefined && wanted !== "container") {
    try {
      return { gateway: await openHostGateway(options, own), hostAddress };
    } catch (error) {
      failures.push(reasonOf(error));
    }
  }
  if (wanted !== "host") {
    try {
      return { gateway: await openContainerGateway(options, own), hostAddress };
    } catch (error) {
      failures.push(reasonOf(error));
    }
  }
  const why = failures.join("; ") || "this machine has no address on their network";
  return { hostAddress, notice: `containers cannot call Services by cluster names: ${why}` };
}

function reasonOf(error: unknown): string {
  return errorText(error);
}
