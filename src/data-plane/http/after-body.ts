// Sends replies after the request's body has ended, as Go's server does over HTTP/1 unless it is in full-duplex mode.
import type { Readable } from "node:stream";
import { type LocalReply, sendReply } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { hasToken, headerValue } from "./headers.ts";

/** Body bytes that the server reads and drops after the handler has replied (`net/http` maxPostHandlerReadBytes). */
export const DRAINED_BYTES = 256 * 1024;

/**
 * Reads and drops the body. Calls `then(true)` when the body ends, `then(false)` once more than `limit` bytes were
 * dropped.
 */
export function dropBody(body: Readable, limit: number, then: (ended: boolean) => void): void {
  let dropped = 0;
  const over = (ended: boolean): void => {
    body.off("data", count).off("end", end);
    then(ended);
  };
  const end = (): void => over(true);
  const count = (chunk: Buffer): void => {
    dropped += chunk.length;
    if (dropped > limit) over(false);
  };
  body.on("data", count).on("end", end).resume();
}

/**
 * Sends the reply once the client has sent its body. If 256 KiB or more of the body are missing, sends it at once with
 * `Connection: close`. `taken`: bytes of the body that already went to the container.
 */
export function sendReplyAfterBody(exchange: Exchange, reply: LocalReply, taken = 0): void {
  const { body, headers } = exchange;
  // HTTP/2, or a connection that closes after this response anyway.
  const isLast = exchange.native?.response.shouldKeepAlive !== true;
  if (isLast || !exchange.hasBody || body.readableEnded || isHeldBack(exchange)) {
    sendReply(exchange, reply);
    return;
  }
  const closing: LocalReply = { ...reply, headers: [...reply.headers, "Connection", "close"] };
  if (Number(headerValue(headers, "content-length") ?? 0) - taken >= DRAINED_BYTES) {
    sendReply(exchange, closing);
    return;
  }
  let over = false;
  exchange.onClosed(() => {
    over = true;
  });
  const settle = (ended: boolean): void => {
    if (!over) sendReply(exchange, ended ? reply : closing);
  };
  body.once("error", () => settle(false));
  dropBody(body, DRAINED_BYTES, settle);
}

/** The client waits for a 100 that will not be sent. */
function isHeldBack({ headers, body }: Exchange): boolean {
  return body.readableFlowing === null && hasToken(headerValue(headers, "expect") ?? "", "100-continue");
}
