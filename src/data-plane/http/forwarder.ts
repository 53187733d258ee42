// The port through which a request reaches a container. Implementations: node:http + node:http2 (default) and http-proxy.
import type { Exchange, RawHeaders, ResponseBody } from "./exchange.ts";

export interface Upstream {
  readonly host: string;
  readonly port: number;
  readonly protocol: "http1" | "h2c";
  /** Idle connections kept; absent: 1000. */
  readonly maxIdle?: number | undefined;
}

/** How the forward ended; before a head was sent the caller still answers. */
export type ForwardOutcome =
  | { readonly kind: "done"; readonly status: number }
  /** The container could not be reached or died before a head: nothing was sent to the client. */
  | { readonly kind: "unreachable"; readonly code: string; readonly message: string }
  /** Cut short after the head: the client's connection has been aborted. */
  | { readonly kind: "truncated"; readonly status: number }
  /** The client went away. */
  | { readonly kind: "abandoned" }
  /** The caller called it off; the client's side is left to the caller. What came in before has been written to `body`. */
  | {
      readonly kind: "cancelled";
      /** Absent when no head was sent; the socket itself when the connection was upgraded. */
      readonly body?: ResponseBody | undefined;
      /** How many bytes the declared length still leaves; Infinity when no length was declared. */
      readonly room: number;
    };

/** Called once by the forwarder before anything is sent: what it is given calls the request off (cheaper than an AbortSignal). */
type OnCancellable = (forward: { cancel(): void }) => void;

export interface ForwardOptions {
  /** The headers to send, hop-by-hop ones already handled by the implementation. */
  readonly headers: RawHeaders;
  /** Called with the final status line before it is sent; may change the headers. */
  readonly onHead?: (status: number, headers: RawHeaders) => RawHeaders;
  /** Called whenever something of the answer goes to the client, head included (idle timeout); not for bytes of an upgraded connection. */
  readonly onActivity?: (bodyBytes: number) => void;
  /**
   * HTTP/1 clients get nothing of the answer before they have sent their whole body; what they still send is dropped, and with more than
   * 256 KiB of it the answer goes out at once and asks to close. So does Go's server unless it is told to be full duplex.
   */
  readonly holdsResponse?: boolean;
  /** Trailers of the request are announced but not passed on, as in Knative. */
  readonly dropsTrailers?: boolean;
  readonly onCancellable?: OnCancellable;
  /** Called with each piece of the request's body that goes to the container. */
  readonly onRequestBody?: ((bytes: number) => void) | undefined;
  /** Called when an interim answer (1xx) has been relayed. */
  readonly onInterim?: (status: number) => void;
}

export interface Forwarder {
  forward(exchange: Exchange, options: ForwardOptions): Promise<ForwardOutcome>;
  /** Closes idle connections now and lets busy ones finish; nothing dials the upstream after this. */
  close(): Promise<void>;
}

export interface ForwarderFactory {
  readonly name: "node" | "fallback" | "http-proxy";
  /** Numbers of facts (test/architecture/facts) that this implementation cannot do; the contract suite skips by it and counts the skips. */
  readonly lacks: readonly string[];
  open(upstream: Upstream): Forwarder;
}
