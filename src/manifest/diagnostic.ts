// One thing to say about a file, with its place. Data only; how it looks is the command line's business.

export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly column: number;
  /** Column after the last character, when the node ends on the same line. */
  readonly endColumn?: number;
  /** The field, as Knative writes paths. */
  readonly path?: string;
  /** What to do about it. */
  readonly fix?: string;
}

/** A text and the name it is reported under. */
export interface ManifestFile {
  readonly name: string;
  readonly text: string;
}

/** As a {@link Diagnostic}; without a line the whole file is meant. */
export type ProjectFinding = Omit<Diagnostic, "line" | "column"> & Partial<Pick<Diagnostic, "line" | "column">>;
