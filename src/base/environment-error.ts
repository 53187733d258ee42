/**
 * The environment stops every Service: no container engine, a port that is taken, a folder that cannot be written. The CLI exits with 3.
 * `what` happened, `why`, and what the user can do about it (`fix`), each without a full stop.
 */
export class EnvironmentError extends Error {
  readonly what: string;
  readonly why: string;
  readonly fix: string;
  constructor(what: string, why: string, fix: string) {
    super(`${what}: ${why}. ${fix}`);
    this.name = "EnvironmentError";
    this.what = what;
    this.why = why;
    this.fix = fix;
  }
}
