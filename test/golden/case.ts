// The interface of a golden suite: it returns a verdict for each recorded case. Each file format has its own suite.

export interface Verdict {
  readonly name: string;
  readonly passed: boolean;
  /** The differences; printed if the case fails. */
  readonly why?: string;
  /** Heading for verdicts that do not count (informational levels, fields of second priority). */
  readonly apart?: string;
}

/** Runs every case of a parsed file. */
export type Suite = (file: unknown) => readonly Verdict[] | Promise<readonly Verdict[]>;
