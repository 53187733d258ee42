/**
 * An error of the machine, not of the user's files: no container engine, a port in use, a folder that is not writable.
 * The CLI exits with code 3. `what` happened, `why`, and how to `fix` it are each written without a full stop.
 */
export class EnvironmentError extends Error {
  readonly code: "NO_ENGINE" | "PORT_IN_USE" | "ADDRESS_REFUSED" | "BAD_VARIABLE";
  readonly what: string;
  readonly why: string;
  readonly fix: string;
  constructor(code: EnvironmentError["code"], what: string, why: string, fix: string) {
    super(`${what}: ${why}. ${fix}`);
    this.name = "EnvironmentError";
    this.code = code;
    this.what = what;
    this.why = why;
    this.fix = fix;
  }
}
