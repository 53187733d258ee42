// Defines the engine's progress streams.

/** One line of the progress stream of a pull, import or build. */
export interface ProgressLine {
  readonly id?: string;
  readonly status?: string;
  readonly stream?: string;
  readonly error?: string;
  /** BuildKit's trace, or the id of an image. */
  readonly aux?: unknown;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}
