// Splits a stream of bytes into lines of at most LINE_CHARACTERS, in a time that is linear in its length.
import { StringDecoder } from "node:string_decoder";
import { LINE_CHARACTERS } from "./runtime.ts";

export class LineSplitter {
  readonly #decoder = new StringDecoder("utf8");
  readonly #onLine: (text: string) => void;
  #partial = "";

  constructor(onLine: (text: string) => void) {
    this.#onLine = onLine;
  }

  write(chunk: Buffer): void {
    this.#add(this.#decoder.write(chunk));
  }

  end(): void {
    this.#add(this.#decoder.end());
    if (this.#partial !== "") this.#finish();
  }

  #add(text: string): void {
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      this.#extend(text.slice(start, end));
      this.#finish();
      start = end + 1;
    }
    this.#extend(text.slice(start));
  }

  #extend(text: string): void {
    let rest = text;
    while (this.#partial.length + rest.length > LINE_CHARACTERS) {
      const room = LINE_CHARACTERS - this.#partial.length;
      this.#partial += rest.slice(0, room);
      rest = rest.slice(room);
      this.#finish();
    }
    this.#partial += rest;
  }

  #finish(): void {
    const line = this.#partial;
    this.#partial = "";
    this.#onLine(line.replace(/\r$/, ""));
  }
}
