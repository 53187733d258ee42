// The gateway as a container of the session's network. (later)
import type { ClusterGateway, GatewayOptions } from "./gateway.ts";

export async function openContainerGateway(
  _options: GatewayOptions,
  _own: string | undefined,
): Promise<ClusterGateway> {
  throw new Error("not yet");
}
