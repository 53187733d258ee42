// What reading a text gives: the value, or why it is none. Reading user input never throws.

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string };

/** A text that could be read. */
export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

/** A text that could not be read; `error` is what the user sees. */
export function unparsed(error: string): { readonly ok: false; readonly error: string } {
  return { ok: false, error };
}
