// What a door takes from a client before it refuses. The defaults are those of Go's server as Knative sets it up.

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
