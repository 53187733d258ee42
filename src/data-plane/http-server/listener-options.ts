// Limits, certificates and shared state of a listener. The limits' defaults are those of Go's server as Knative configures it.
import type { SecureContext } from "node:tls";
import type { ListenerKind } from "../http/exchange.ts";

export interface ListenerLimits {
  /** Request line and headers together; more is refused with 431. */
  readonly headerBytes: number;
  /** From the first byte of a request (or the connect) to the end of its headers; then the connection is closed. 0: never. */
  readonly headersTimeoutMs: number;
  /** How long an idle connection is kept; 0 is for ever. */
  readonly keepAliveTimeoutMs: number;
  /** Open connections; a newcomer beyond them is hung up on. 0: any number. */
  readonly connections: number;
}

/** `net/http` DefaultMaxHeaderBytes with its slack, and `pkg/network/h2c.go`. */
export const DEFAULT_LIMITS: ListenerLimits = {
  headerBytes: 1024 * 1024 + 4096,
  headersTimeoutMs: 60_000,
  keepAliveTimeoutMs: 0,
  connections: 0,
};

/** Certificates of a TLS door: `contextFor` is asked with the SNI name; `key` and `cert` serve clients that send none. */
export interface ListenerTls {
  readonly contextFor: (serverName: string) => SecureContext | undefined;
  readonly key?: string | Buffer;
  readonly cert?: string | Buffer;
}

/** What all exchanges of one door share. */
export interface ListenerState {
  readonly listener: ListenerKind;
  /** The door takes no new connections: answers ask the client to close. */
  closing: boolean;
}
