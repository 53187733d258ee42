// Sends replies after the request's body has ended, as Go's server does over HTTP/1 unless it is in full-duplex mode.
import type { Readable } from "node:stream";
import { type LocalReply, sendReply } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { hasToken, headerValue } from "./headers.ts";

/** Body bytes that the server reads and drops after the handler has replied (`net/http` maxPostHandlerReadBytes). */
export const DRAINED_BYTES = 256 * 1024;

/** Reads and drops the body. Calls `then(true)` at its end, or `then(false)` after more than `limit` bytes. */
export function dropBody(body: Readable, limit: number, then: (ended: boolean) => void): void {
  let dropped = 0;
  const finish = (ended: boolean): void => {
    body.off("data", count).off("end", end);
    then(ended);
  };
  const end = (): void => finish(true);
  const count = (chunk: Buffer): void => {
    dropped += chunk.length;
    if (dropped > limit) finish(false);
  };
  body.on("data", count).on("end", end).resume();
}

/**
 * Sends the reply after the client has sent its body. If 256 KiB or more of the body are missing, sends it at once with
 * `Connection: close`. `readBytes`: number of body bytes that were already read.
 */
export function sendReplyAfterBody(exchange: Exchange, reply: LocalReply, readBytes = 0): void {
  const { body, headers } = exchange;
  // False for HTTP/2 and for a connection that closes after this response.
  const keepsConnection = exchange.native?.response.shouldKeepAlive === true;
  if (!keepsConnection || !exchange.hasBody || body.readableEnded || awaitsContinue(exchange)) {
    sendReply(exchange, reply);
    return;
  }
  const closing: LocalReply = { ...reply, headers: [...reply.headers, "Connection", "close"] };
  if (Number(headerValue(headers, "content-length") ?? 0) - readBytes >= DRAINED_BYTES) {
    sendReply(exchange, closing);
    return;
  }
  let isClosed = false;
  exchange.onClosed(() => {
    isClosed = true;
  });
  const settle = (ended: boolean): void => {
    if (!isClosed) sendReply(exchange, ended ? reply : closing);
  };
  body.once("error", () => settle(false));
  dropBody(body, DRAINED_BYTES, settle);
}

/** Returns true if the client sends its body only after a 100, which it will not get. */
function awaitsContinue({ headers, body }: Exchange): boolean {
  return body.readableFlowing === null && hasToken(headerValue(headers, "expect") ?? "", "100-continue");
}
