// The shape of a golden suite: cases in, verdicts out. Runners live beside this file, one per recorded schema.

export interface Verdict {
  readonly name: string;
  readonly passed: boolean;
  /** What differed, for people; printed when the case failed. */
  readonly why?: string;
  /** Not counted in the closing line (levels that do not bind, second-priority fields): reported under this heading. */
  readonly apart?: string;
}

/** Runs every case of one parsed file. Suites that need sockets are asynchronous. */
export type Suite = (file: unknown) => readonly Verdict[] | Promise<readonly Verdict[]>;
