// What containers of a session call by cluster names: the shape that both kinds of gateway have. Types only.
import type { Pod } from "../../apis/core/types.ts";
import type { Logger } from "../../base/logger.ts";
import type { Handler } from "../../data-plane/http/exchange.ts";
import type { ContainerRuntime, ContainerSpec, RuntimeInfo } from "../runtime/runtime.ts";
import type { ClusterNames } from "./cluster-zone.ts";

/** A session's network, as the runtime opened it. */
export interface SessionNetwork {
  readonly id: string;
  readonly gateway: string;
  /** A /24. */
  readonly subnet: string;
}

/** How the session's containers find Services and this machine. */
export interface NodeNetwork extends SessionNetwork {
  readonly dns: ((pod: Pod) => NonNullable<ContainerSpec["dns"]>) | undefined;
  readonly extraHosts: readonly string[];
  readonly notice: string | undefined;
  /** The gateway first, then the network itself. */
  close(): Promise<void>;
}

export interface GatewayOptions {
  readonly runtime: ContainerRuntime;
  readonly info: RuntimeInfo;
  readonly network: SessionNetwork;
  readonly names: ClusterNames;
  /** Takes the requests of all doors; what a request may see depends on its door. */
  readonly handler: Handler;
  /** The public ingress's port, which containers find at the gateway as well. */
  readonly publicPort: number;
  /** Of everything that is made on the engine. */
  readonly labels: Readonly<Record<string, string>>;
  /** Begins the names of containers. */
  readonly prefix: string;
  readonly log: Logger;
}

export interface ClusterGateway {
  readonly mode: "host" | "container";
  /** Where it serves DNS, port 80 and the public ingress's port. */
  readonly address: string;
  /** Requests on their way get `graceMs`. May be called again with less. */
  close(graceMs: number): Promise<void>;
}

export const HTTP_PORT = 80;
export const DNS_PORT = 53;
