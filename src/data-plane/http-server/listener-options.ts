// Defines the limits, certificates and shared state of a listener.
import type { SecureContext } from "node:tls";
import type { ListenerKind } from "../http/exchange.ts";

export interface ListenerLimits {
  /** Size limit of the request line and all headers; larger requests get 431. */
  readonly headerBytes: number;
  /**
   * Time from the first byte of a request (or the connect) to the end of its headers, then the connection closes. 0:
   * unlimited.
   */
  readonly headersTimeoutMs: number;
  /** How long an idle connection stays open. 0: unlimited. */
  readonly keepAliveTimeoutMs: number;
  /** Limit of open connections. One more is refused, and idle connections are closed. 0: unlimited. */
  readonly connections: number;
}

/** `net/http` DefaultMaxHeaderBytes with its tolerance, and `pkg/network/h2c.go`. Go has no limit of connections. */
export const DEFAULT_LIMITS: ListenerLimits = {
  headerBytes: 1024 * 1024 + 4096,
  headersTimeoutMs: 60_000,
  keepAliveTimeoutMs: 0,
  connections: 10_000,
};

/** Certificates of a TLS listener. */
export interface ListenerTls {
  /** Returns the certificate for an SNI name. Absent: all clients get the same one. */
  readonly contextFor?: ((serverName: string) => SecureContext | undefined) | undefined;
  /** The certificate for clients that send no SNI name, for example to `https://127.0.0.1`. */
  readonly key: string;
  readonly cert: string;
}

/** State shared by all exchanges of a listener. */
export interface ListenerState {
  readonly listener: ListenerKind;
  /** The listener is closing: responses ask the client to close. */
  closing: boolean;
}
