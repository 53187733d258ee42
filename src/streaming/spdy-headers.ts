// Reads and writes the compressed header blocks of SPDY/3.1. All blocks of one direction form one zlib stream.
import { createInflate } from "node:zlib";
import { SpdyError } from "./spdy-frames.ts";

/** Limits what a block becomes when it is inflated. */
const MAX_BLOCK_BYTES = 64 * 1024;

/** The words of SPDY/3's dictionary that have a length before them. */
const WORDS = `options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges
  age allow authorization cache-control connection content-base content-encoding content-language content-length
  content-location content-md5 content-range content-type date etag expect expires from host if-match
  if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma
  proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade
  user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie
  keep-alive origin`
  .split(/\s+/)
  .map((name) => name.replace("_", " "));
const REST = [
  "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505",
  "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden",
  "404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable",
  "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT",
  "chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,",
  "publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.",
].join("");

/** The preset dictionary of both directions. */
export const DICTIONARY: Buffer = Buffer.concat([...WORDS.map(withLength), Buffer.from(REST)]);

function withLength(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, Buffer.from(text)]);
}

/** Reads the blocks of a client, in their order. */
export class HeaderReader {
  readonly #inflate = createInflate({ dictionary: DICTIONARY });

  constructor() {
    // The call of `read` rejects with the error.
    this.#inflate.on("error", () => {});
  }

  /** Resolves with the headers by lower-case name. Rejects with a {@link SpdyError}. One call at a time. */
  async read(block: Buffer): Promise<ReadonlyMap<string, string>> {
    const chunks: Buffer[] = [];
    let size = 0;
    const collect = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > MAX_BLOCK_BYTES) this.#inflate.destroy(new Error("too long"));
      else chunks.push(chunk);
    };
    this.#inflate.on("data", collect);
    await new Promise<void>((resolve) => {
      this.#inflate.once("close", resolve).write(block, () => resolve());
    });
    this.#inflate.off("data", collect).removeAllListeners("close");
    if (this.#inflate.destroyed) throw new SpdyError("a header block cannot be inflated");
    return parseHeaders(Buffer.concat(chunks));
  }

  close(): void {
    this.#inflate.destroy();
  }
}

function parseHeaders(block: Buffer): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  let at = 0;
  const number = (): number => {
    if (at + 4 > block.length) throw new SpdyError("a header block is too short");
    at += 4;
    return block.readUInt32BE(at - 4);
  };
  const text = (): string => {
    const length = number();
    if (at + length > block.length) throw new SpdyError("a header block is too short");
    at += length;
    return block.toString("utf8", at - length, at);
  };
  for (let left = number(); left > 0; left--) headers.set(text().toLowerCase(), text());
  return headers;
}

/** A stored block of zlib with the number of headers, 0; then an empty block, at which Go's reader stops. */
const NO_HEADERS = Buffer.from("000400fbff00000000" + "000000ffff", "hex");

/** Writes blocks without headers. The first one begins the zlib stream. */
export class EmptyHeaderWriter {
  #start = Buffer.from("7801", "hex");

  next(): Buffer {
    const block = Buffer.concat([this.#start, NO_HEADERS]);
    this.#start = Buffer.alloc(0);
    return block;
  }
}
