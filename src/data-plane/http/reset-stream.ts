// Resets an HTTP/2 stream so that the other side sees it: `stream.close(code)` would end a half-sent body as if it were whole.
import type { Http2Stream } from "node:http2";
import { addAbortSignal } from "node:stream";

/** RST_STREAM with CANCEL: nobody waits for it any more. */
export function cancelStream(stream: Http2Stream): void {
  if (!stream.destroyed) addAbortSignal(AbortSignal.abort(), stream);
}

/** RST_STREAM with INTERNAL_ERROR: what was begun cannot be finished. */
export function failStream(stream: Http2Stream, why: string): void {
  stream.destroy(new Error(why));
}
