// Reads HTTP/1 messages from raw bytes. Independent of the product's parser, and lenient.

export interface ReadMessage {
  line: string;
  headers: [string, string][];
  framing?: "length" | "chunked" | "close" | "none";
  body: string;
  trailers: [string, string][];
  complete: boolean;
  /** When the message was complete. */
  at?: number;
}

export interface ReaderHooks {
  /** Framing of the body after this head; undefined: by its headers. "interim" has no body and is not a final reply. */
  framingOf(message: ReadMessage): "none" | "close" | "tunnel" | undefined;
  onHead?(message: ReadMessage): void;
  onBody?(message: ReadMessage): void;
  onComplete?(message: ReadMessage): void;
}

export class MessageReader {
  readonly messages: ReadMessage[] = [];
  rest = "";
  tunnel: string | undefined;
  readonly #hooks: ReaderHooks;
  #current: ReadMessage | undefined;
  #left = 0;
  #chunk: "size" | "data" | "end" | "trailer" = "size";
  #held = false;

  constructor(hooks: ReaderHooks) {
    this.#hooks = hooks;
  }

  push(bytes: Buffer): void {
    const text = bytes.toString("latin1");
    if (this.tunnel !== undefined) this.tunnel += text;
    else {
      this.rest += text;
      this.#drain();
    }
  }

  /** No message is read until {@link release}. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.#drain();
  }

  end(): void {
    if (this.#current?.framing === "close") this.#finish(this.#current);
  }

  get hasOpen(): boolean {
    return this.#current !== undefined;
  }

  #drain(): void {
    while (this.tunnel === undefined && !(this.#held && this.#current === undefined)) {
      const progressed = this.#current === undefined ? this.#readHead() : this.#readBody(this.#current);
      if (!progressed) return;
    }
  }

  #readHead(): boolean {
    const end = this.rest.indexOf("\r\n\r\n");
    if (end === -1) return false;
    const [line = "", ...lines] = this.rest.slice(0, end).split("\r\n");
    this.rest = this.rest.slice(end + 4);
    const headers = lines.map(pairOf);
    const message: ReadMessage = { line, headers, body: "", trailers: [], complete: false };
    this.messages.push(message);
    this.#current = message;
    const given = this.#hooks.framingOf(message);
    const value = (name: string): string | undefined => headers.find(([key]) => key.toLowerCase() === name)?.[1];
    const length = value("content-length");
    if (given === "tunnel") {
      message.framing = "none";
    } else if (given !== undefined) message.framing = given;
    else if (value("transfer-encoding")?.toLowerCase() === "chunked") message.framing = "chunked";
    else if (length !== undefined && (length !== "0" || !isRequest(line))) message.framing = "length";
    else message.framing = isRequest(line) ? "none" : "close";
    this.#left = Number(length ?? 0);
    this.#chunk = "size";
    this.#hooks.onHead?.(message);
    if (given === "tunnel") {
      this.#finish(message);
      this.tunnel = this.rest;
      this.rest = "";
    } else if (message.framing === "none" || (message.framing === "length" && this.#left === 0)) this.#finish(message);
    return true;
  }

  #readBody(message: ReadMessage): boolean {
    if (this.rest === "") return false;
    if (message.framing === "chunked") return this.#readChunk(message);
    const part = message.framing === "length" ? this.rest.slice(0, this.#left) : this.rest;
    this.rest = this.rest.slice(part.length);
    message.body += part;
    this.#left -= part.length;
    this.#hooks.onBody?.(message);
    if (message.framing === "length" && this.#left === 0) this.#finish(message);
    return true;
  }

  #readChunk(message: ReadMessage): boolean {
    if (this.#chunk === "data") {
      const part = this.rest.slice(0, this.#left);
      this.rest = this.rest.slice(part.length);
      message.body += part;
      this.#left -= part.length;
      if (this.#left === 0) this.#chunk = "end";
      this.#hooks.onBody?.(message);
      return true;
    }
    const end = this.rest.indexOf("\r\n");
    if (end === -1) return false;
    const line = this.rest.slice(0, end);
    this.rest = this.rest.slice(end + 2);
    if (this.#chunk === "end") this.#chunk = "size";
    else if (this.#chunk === "size") {
      this.#left = Number.parseInt(line, 16);
      this.#chunk = this.#left === 0 ? "trailer" : "data";
    } else if (line === "") this.#finish(message);
    else message.trailers.push(pairOf(line));
    return true;
  }

  #finish(message: ReadMessage): void {
    message.complete = true;
    message.at = Date.now();
    this.#current = undefined;
    this.#hooks.onComplete?.(message);
  }
}

function isRequest(line: string): boolean {
  return !line.startsWith("HTTP/");
}

function pairOf(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}
