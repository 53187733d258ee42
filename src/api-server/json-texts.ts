// Objects as JSON text, written once however many lists and watches send them. It keeps a text only as long as its object lives.
import type { AnyObject } from "../apis/meta/object.ts";

export class JsonTexts {
  readonly #texts = new WeakMap<AnyObject, string>();

  of(object: AnyObject): string {
    const known = this.#texts.get(object);
    if (known !== undefined) return known;
    const text = JSON.stringify(object);
    this.#texts.set(object, text);
    return text;
  }
}
