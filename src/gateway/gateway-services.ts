// Makes the gateway's core Services, which the status of every Ingress names. Pure.
import { SYSTEM_NAMESPACE } from "../apis/config/serving-config.ts";
import type { CoreService } from "../apis/core/types.ts";
import type { ObjectKey } from "../apis/meta/key.ts";
import { LOCAL_GATEWAY, PUBLIC_GATEWAY } from "../control-plane/reconciler/ingress/ingress.ts";

export interface GatewayPorts {
  readonly http: number;
  /** undefined while https is not served. */
  readonly https: number | undefined;
}

export const publicGatewayKey: ObjectKey<"Service"> = {
  kind: "Service",
  namespace: SYSTEM_NAMESPACE,
  name: PUBLIC_GATEWAY,
};

/** Makes the public gateway, whose node ports are ports of this machine, and the local gateway for containers. */
export function makeGatewayServices(ports: GatewayPorts): readonly CoreService[] {
  const metadata = { namespace: SYSTEM_NAMESPACE };
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { ...metadata, name: PUBLIC_GATEWAY },
      spec: { type: "NodePort", ports: gatewayPorts(ports) },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { ...metadata, name: LOCAL_GATEWAY },
      spec: { type: "ClusterIP", ports: [{ name: "http2", port: 80, protocol: "TCP", targetPort: 80 }] },
    },
  ];
}

export function gatewayPorts({ http, https }: GatewayPorts): NonNullable<CoreService["spec"]["ports"]> {
  const tcp = (name: string, port: number, nodePort: number) =>
    ({ name, port, protocol: "TCP", targetPort: port, nodePort }) as const;
  return [tcp("http2", 80, http), ...(https === undefined ? [] : [tcp("https", 443, https)])];
}
