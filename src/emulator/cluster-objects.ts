// Makes the objects that exist before the first deployment: the Node and the activator's Endpoints. Pure.
import { SYSTEM_NAMESPACE } from "../apis/config/serving-config.ts";
import type { Endpoints } from "../apis/core/types.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import { BACKEND_H2C_PORT, BACKEND_HTTP_PORT, BACKEND_HTTPS_PORT } from "../apis/networking/ports.ts";
import { makeNode, NODE_NAME, type NodeSize } from "../node/agent/node-object.ts";

/** Addresses for Endpoints and X-Forwarded-For only; no socket uses them. */
export const ACTIVATOR_ADDRESS = "10.213.255.2";
export const GATEWAY_ADDRESS = "10.213.255.3";

export function makeClusterObjects(size: NodeSize): readonly AnyObject[] {
  return [makeNode(size), makeActivatorEndpoints()];
}

/** The ServerlessService reconciler copies address and ports. */
function makeActivatorEndpoints(): Endpoints {
  return {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: { name: "activator-service", namespace: SYSTEM_NAMESPACE },
    subsets: [
      {
        addresses: [{ ip: ACTIVATOR_ADDRESS, nodeName: NODE_NAME }],
        ports: [
          { name: "http", port: BACKEND_HTTP_PORT, protocol: "TCP" },
          { name: "http2", port: BACKEND_H2C_PORT, protocol: "TCP" },
          { name: "https", port: BACKEND_HTTPS_PORT, protocol: "TCP" },
        ],
      },
    ],
  };
}
