// Parses JSON with comments and trailing commas, as VS Code writes it, into nodes with their places in the text. Pure.
import { parseJson } from "../../base/json.ts";
import { failed, ok, type Result } from "../../base/result.ts";

interface Place {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

export interface JsoncObject extends Place {
  readonly kind: "object";
  readonly members: readonly { readonly name: string; readonly start: number; readonly value: JsoncNode }[];
}
export interface JsoncArray extends Place {
  readonly kind: "array";
  readonly items: readonly JsoncNode[];
}
interface JsoncScalar extends Place {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
}
export type JsoncNode = JsoncObject | JsoncArray | JsoncScalar;

/** The message of a failure has the line of the error. */
export function parseJsonc(text: string): Result<JsoncNode> {
  try {
    return ok(new Parser(text).parse());
  } catch (error) {
    if (error instanceof SyntaxError) return failed(error.message);
    throw error;
  }
}

/** White space, line comments and block comments. */
const BLANK = /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
const SCALAR = /"(?:[^"\\\n]|\\.)*"|-?\d[\d.eE+-]*|true|false|null/y;

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): JsoncNode {
    this.#skipBlank();
    const node = this.#node();
    this.#skipBlank();
    if (this.#at < this.#text.length) this.#fail();
    return node;
  }

  #node(): JsoncNode {
    if (this.#next === "{") return this.#object();
    return this.#next === "[" ? this.#array() : this.#scalar();
  }

  #object(): JsoncObject {
    const start = this.#at;
    const members: JsoncObject["members"][number][] = [];
    this.#list("}", () => {
      const key = this.#scalar();
      if (typeof key.value !== "string") this.#fail();
      this.#skipBlank();
      this.#take(":");
      this.#skipBlank();
      members.push({ name: String(key.value), start: key.start, value: this.#node() });
    });
    return { kind: "object", start, end: this.#at, members };
  }

  #array(): JsoncArray {
    const start = this.#at;
    const items: JsoncNode[] = [];
    this.#list("]", () => items.push(this.#node()));
    return { kind: "array", start, end: this.#at, items };
  }

  /** Parses the elements between brackets. The last one may have a comma too. */
  #list(end: string, element: () => void): void {
    this.#at++;
    for (;;) {
      this.#skipBlank();
      if (this.#next === end) break;
      element();
      this.#skipBlank();
      if (this.#next !== ",") break;
      this.#at++;
    }
    this.#take(end);
  }

  #scalar(): JsoncScalar {
    const start = this.#at;
    SCALAR.lastIndex = start;
    const [found] = SCALAR.exec(this.#text) ?? this.#fail();
    const value = parseJson(found) as JsoncScalar["value"] | undefined;
    if (value === undefined) this.#fail();
    this.#at += found.length;
    return { kind: "scalar", start, end: this.#at, value };
  }

  get #next(): string | undefined {
    return this.#text[this.#at];
  }

  #take(character: string): void {
    if (this.#next !== character) this.#fail();
    this.#at++;
  }

  #skipBlank(): void {
    BLANK.lastIndex = this.#at;
    this.#at += BLANK.exec(this.#text)?.[0].length ?? 0;
  }

  #fail(): never {
    const line = this.#text.slice(0, this.#at).split("\n").length;
    throw new SyntaxError(`line ${line} is not valid JSON`);
  }
}
