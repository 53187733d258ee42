// The body of an answer whose container names no content type: the head waits for the first bytes, which tell it, as in Go's server.
import { Writable } from "node:stream";
import { sendReply, makeBadGateway, reasonOf } from "../http/errors.ts";
import type { ResponseBody, Exchange, RawHeaders } from "../http/exchange.ts";
import { detectContentType } from "./content-type.ts";

export class GuessedBody extends Writable {
  private body: ResponseBody | undefined;
  private readonly exchange: Exchange;
  private readonly status: number;
  private readonly headers: RawHeaders;

  constructor(exchange: Exchange, status: number, headers: RawHeaders) {
    super();
    this.exchange = exchange;
    this.status = status;
    this.headers = headers;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    try {
      this.body ??= this.start(detectContentType(chunk));
    } catch (fault) {
      // A header that the parser let through and the server side refuses.
      sendReply(this.exchange, makeBadGateway(String(fault)));
      return;
    }
    if (this.body.write(chunk)) done();
    else this.body.once("drain", done);
  }

  override _final(done: () => void): void {
    this.body?.end();
    done();
  }

  private start(type: string): ResponseBody {
    return this.exchange.start(this.status, reasonOf(this.status), [...this.headers, "Content-Type", type]);
  }
}
