// Defines Forwarder, which sends requests to a container. Implementations: Node's parser with node:http2 (default),
// node:http (fallback) and http-proxy.
import type { Exchange, RawHeaders, ResponseBody } from "./exchange.ts";

export interface Upstream {
  readonly host: string;
  readonly port: number;
  readonly protocol: "http1" | "h2c";
  /** Maximum number of idle connections; default 1000. */
  readonly maxIdle?: number | undefined;
}

/** How a forward ended. If no head was sent, the caller still has to reply. */
export type ForwardOutcome =
  | { readonly kind: "done"; readonly status: number }
  /** The container could not be reached or failed before its head. Nothing was sent to the client. */
  | {
      readonly kind: "unreachable";
      readonly code: string;
      readonly message: string;
      /**
       * Whether another container can get the request. "unsent": this one got no byte of it. "replay": this one is
       * down, and the request has no body and is idempotent.
       */
      readonly resend: "no" | "unsent" | "replay";
    }
  /** The response broke off after the head. The client's connection is aborted. */
  | { readonly kind: "truncated"; readonly status: number }
  /** The client closed its connection. */
  | { readonly kind: "abandoned" }
  /** The caller cancelled the forward and must end the client's response. All received bytes are written to `body`. */
  | {
      readonly kind: "cancelled";
      /** Absent if no head was sent; the socket if the connection was upgraded. */
      readonly body?: ResponseBody | undefined;
      /** Number of body bytes that the declared length still allows; Infinity without a declared length. */
      readonly bytesLeft: number;
    };

/** Called once before anything is sent. The argument cancels the forward (cheaper than an AbortSignal). */
type OnCancellable = (forward: { cancel(): void }) => void;

export interface ForwardOptions {
  /** The headers to send. The implementation removes hop-by-hop headers. */
  readonly headers: RawHeaders;
  /** Called with the final status before the head is sent. Returns the headers to send. */
  readonly onHead?: (status: number, headers: RawHeaders) => RawHeaders;
  /**
   * Called on every write to the client, including the head (idle timeout). Not called for bytes of an upgraded
   * connection.
   */
  readonly onActivity?: (bodyBytes: number) => void;
  /**
   * Delays the response to an HTTP/1 client until the client has sent its body; the forwarder drops the rest of the
   * body. If 256 KiB or more are missing, sends the response at once with `Connection: close`. Go's server does so
   * unless it is in full-duplex mode.
   */
  readonly delaysResponse?: boolean;
  /** Announces request trailers but does not send them, like Knative. */
  readonly dropsTrailers?: boolean;
  /** The caller can send the request to another container, so the forwarder finds out whether this one is down. */
  readonly canResend?: boolean;
  readonly onCancellable?: OnCancellable;
  /** Called with the length of each body chunk sent to the container. */
  readonly onRequestBody?: ((bytes: number) => void) | undefined;
  /** Called after an interim response (1xx) was relayed. */
  readonly onInterim?: (status: number) => void;
}

export interface Forwarder {
  forward(exchange: Exchange, options: ForwardOptions): Promise<ForwardOutcome>;
  /** Closes idle connections and stops dialling. Busy connections finish. */
  close(): Promise<void>;
}

export interface ForwarderFactory {
  readonly name: "node" | "fallback" | "http-proxy";
  /** Names of the contract checks that this implementation fails; the suite skips them. */
  readonly lacks: readonly string[];
  open(upstream: Upstream): Forwarder;
}
