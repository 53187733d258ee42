// Detects the content type of a response from the first bytes of its body, like Go's server.
import { Writable } from "node:stream";
import { makeBadGateway, reasonOf, sendReply } from "../http/errors.ts";
import type { Exchange, RawHeaders, ResponseBody } from "../http/exchange.ts";

/** Number of bytes that are examined. */
const SNIFFED_BYTES = 512;
const TAGS = "!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|!--";

/** In order of precedence (`net/http/sniff.go`, mimesniff.spec.whatwg.org). One character is one byte. */
const SIGNATURES: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`^[\\t\\n\\f\\r ]*<(?:${TAGS})[ >]`, "i"), "text/html; charset=utf-8"],
  [/^[\t\n\f\r ]*<\?xml/, "text/xml; charset=utf-8"],
  [/^%PDF-/, "application/pdf"],
  [/^%!PS-Adobe-/, "application/postscript"],
  [/^\xfe\xff.{2}/s, "text/plain; charset=utf-16be"],
  [/^\xff\xfe.{2}/s, "text/plain; charset=utf-16le"],
  [/^\xef\xbb\xbf./s, "text/plain; charset=utf-8"],
  [/^\0\0[\x01\x02]\0/, "image/x-icon"],
  [/^BM/, "image/bmp"],
  [/^GIF8[79]a/, "image/gif"],
  [/^RIFF.{4}WEBPVP/s, "image/webp"],
  [/^\x89PNG\r\n\x1a\n/, "image/png"],
  [/^\xff\xd8\xff/, "image/jpeg"],
  [/^FORM.{4}AIFF/s, "audio/aiff"],
  [/^ID3/, "audio/mpeg"],
  [/^OggS\0/, "application/ogg"],
  [/^MThd\0\0\0\x06/, "audio/midi"],
  [/^RIFF.{4}AVI /s, "video/avi"],
  [/^RIFF.{4}WAVE/s, "audio/wave"],
  [/^.{4}ftyp(?:mp4|.{8}(?:.{4})*?mp4)/s, "video/mp4"],
  [/^\x1a\x45\xdf\xa3/, "video/webm"],
  [/^.{34}LP/s, "application/vnd.ms-fontobject"],
  [/^\0\x01\0\0/, "font/ttf"],
  [/^OTTO/, "font/otf"],
  [/^ttcf/, "font/collection"],
  [/^wOFF/, "font/woff"],
  [/^wOF2/, "font/woff2"],
  [/^\x1f\x8b\x08/, "application/x-gzip"],
  [/^PK\x03\x04/, "application/zip"],
  [/^Rar!\x1a\x07(?:\0|\x01\0)/, "application/x-rar-compressed"],
  [/^\0asm/, "application/wasm"],
];

const BINARY = /[\0-\x08\x0b\x0e-\x1a\x1c-\x1f]/;

export function detectContentType(bytes: Buffer): string {
  const text = bytes.toString("latin1", 0, SNIFFED_BYTES);
  const found = SIGNATURES.find(([signature]) => signature.test(text));
  return found?.[1] ?? (BINARY.test(text) ? "application/octet-stream" : "text/plain; charset=utf-8");
}

/** The body of a response whose container named no content type. Its first write sends the head. */
export class DetectedTypeBody extends Writable {
  #body: ResponseBody | undefined;
  readonly #exchange: Exchange;
  readonly #status: number;
  readonly #headers: RawHeaders;

  constructor(exchange: Exchange, status: number, headers: RawHeaders) {
    super();
    this.#exchange = exchange;
    this.#status = status;
    this.#headers = headers;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    try {
      this.#body ??= this.#start(detectContentType(chunk));
    } catch (fault) {
      // node:http does not send every header that the parser accepts.
      sendReply(this.#exchange, makeBadGateway(String(fault)));
      return;
    }
    if (this.#body.write(chunk)) done();
    else this.#body.once("drain", done);
  }

  override _final(done: () => void): void {
    this.#body?.end();
    done();
  }

  #start(type: string): ResponseBody {
    return this.#exchange.start(this.#status, reasonOf(this.#status), [...this.#headers, "Content-Type", type]);
  }
}
