// Defines the findings in the user's files, which the CLI prints.

export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly column: number;
  /** Column after the last character, when the node ends on the same line. */
  readonly endColumn?: number | undefined;
  /** The field, in Knative's notation of paths. */
  readonly path?: string | undefined;
  /** What the user can do. */
  readonly fix?: string | undefined;
}

/** A text and the file name that findings about the text show. */
export interface ManifestFile {
  readonly name: string;
  readonly text: string;
}

/** A finding in a manifest, knap.yaml, env file or Dockerfile. A finding without a line is about the whole file. */
export type ProjectFinding = Omit<Diagnostic, "line" | "column"> & Partial<Pick<Diagnostic, "line" | "column">>;
