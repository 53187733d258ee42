// Defines what an operation that can fail returns instead of throwing.

export type Result<T, E = string> = { readonly ok: true; readonly value: T } | Failed<E>;
export interface Failed<E = string> {
  readonly ok: false;
  readonly error: E;
}

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** An error that is a string is a message for the user. */
export function failed<E>(error: E): Failed<E> {
  return { ok: false, error };
}
