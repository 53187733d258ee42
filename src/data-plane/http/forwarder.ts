// The port through which a request reaches a container. Implementations: node:http + node:http2 (default) and http-proxy.
import type { Exchange, RawHeaders } from "./exchange.ts";

export interface Upstream {
  readonly host: string;
  readonly port: number;
  readonly protocol: "http1" | "h2c";
}

/** How the forward ended; before a head was sent the caller still answers. */
export type Outcome =
  | { readonly kind: "done"; readonly status: number }
  /** The container could not be reached or died before a head: nothing was sent to the client. */
  | { readonly kind: "unreachable"; readonly code: string; readonly message: string }
  /** Cut short after the head: the client's connection has been aborted. */
  | { readonly kind: "truncated"; readonly status: number }
  /** The client went away. */
  | { readonly kind: "abandoned" };

export interface ForwardOptions {
  /** The headers to send, hop-by-hop ones already handled by the implementation. */
  readonly headers: RawHeaders;
  /** Called with the final status line before it is sent; may change the headers. */
  readonly onHead?: (status: number, headers: RawHeaders) => RawHeaders;
  /** Called whenever a byte moves in either direction (idle timeout). */
  readonly onActivity?: () => void;
  readonly signal?: AbortSignal;
}

export interface Forwarder {
  forward(exchange: Exchange, options: ForwardOptions): Promise<Outcome>;
  /** Closes idle connections now and lets busy ones finish; nothing dials the upstream after this. */
  close(): Promise<void>;
}

export interface ForwarderFactory {
  readonly name: "node" | "http-proxy";
  /** Fact numbers of dataplane.md that this implementation cannot do; the contract suite skips by it and counts the skips. */
  readonly lacks: readonly string[];
  open(upstream: Upstream): Forwarder;
}
