// Defines the gateway by which containers of a session reach Services under cluster names. Types only, for both modes.
import type { Pod } from "../../apis/core/types.ts";
import type { Logger } from "../../base/logger.ts";
import type { Handler } from "../../data-plane/http/exchange.ts";
import type { ContainerRuntime, ContainerSpec, RuntimeInfo } from "../runtime/runtime.ts";
import type { ClusterDnsOptions, ClusterNames } from "./cluster-dns.ts";

/** A session's network, as the runtime opened it. */
export interface NetworkInfo {
  readonly id: string;
  readonly gateway: string;
  /** A /24. */
  readonly subnet: string;
}

/** The session's network, with the settings by which its containers find Services and this machine. */
export interface NodeNetwork extends NetworkInfo {
  readonly dns: ((pod: Pod) => NonNullable<ContainerSpec["dns"]>) | undefined;
  readonly extraHosts: readonly string[];
  readonly notice: string | undefined;
  /** Closes the gateway, then the network. */
  close(): Promise<void>;
}

export interface GatewayOptions {
  readonly runtime: ContainerRuntime;
  readonly info: RuntimeInfo;
  readonly network: NetworkInfo;
  readonly names: ClusterNames;
  readonly failsLookup: ClusterDnsOptions["failsLookup"];
  /** Handles requests from all listeners; `exchange.listener` decides which routes a request can reach. */
  readonly handler: Handler;
  /** The port of the public ingress. The gateway also serves it. */
  readonly publicPort: number;
  /** The labels of everything that the gateway creates on the engine. */
  readonly labels: Readonly<Record<string, string>>;
  /** The prefix of container names. */
  readonly prefix: string;
  readonly log: Logger;
}

export interface ClusterGateway {
  readonly mode: "host" | "container";
  /** The address at which it serves DNS, port 80 and the port of the public ingress. */
  readonly address: string;
  /** In-flight requests get `graceMs`. A second call can shorten this time. */
  close(graceMs: number): Promise<void>;
}

export const HTTP_PORT = 80;
export const DNS_PORT = 53;
