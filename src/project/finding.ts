// What is wrong in the user's project files, with its place. The same shape as a manifest's diagnostic, for knap.yaml, env files and Dockerfiles.

export interface ProjectFinding {
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly file: string;
  /** 1-based; absent when the whole file is meant. */
  readonly line?: number;
  readonly column?: number;
  readonly fix?: string;
}
