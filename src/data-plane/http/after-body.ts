// Answers that wait for the end of the request's body, as Go's server gives them over HTTP/1 unless it is told to be full duplex.
import type { Readable } from "node:stream";
import { type LocalReply, sendReply } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { hasToken, headerValue } from "./headers.ts";

/** What a client may still send before its answer goes out (`net/http` maxPostHandlerReadBytes). */
export const DRAINED_BYTES = 256 * 1024;

/** Reads and drops what comes: `then` runs when the body has ended, or when it has come to more than `limit` bytes. */
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
 * A reply of our own, when the client has sent its body; at once and with a wish to close when more of that is outstanding than anybody
 * would read. `taken`: bytes of it that went to the container.
 */
export function sendReplyAfterBody(exchange: Exchange, reply: LocalReply, taken = 0): void {
  const { body, headers } = exchange;
  // HTTP/2, or a connection that ends with this answer anyway.
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

/** The client waits for a 100 that it is not going to get. */
function isHeldBack({ headers, body }: Exchange): boolean {
  return body.readableFlowing === null && hasToken(headerValue(headers, "expect") ?? "", "100-continue");
}
