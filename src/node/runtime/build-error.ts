// Defines the error of a failed build: what it is about, for a location in the user's files.
import { RuntimeError } from "./runtime.ts";

export class BuildError extends RuntimeError {
  /** The key of `build` in knap.yaml that the failure is about. */
  readonly setting: string | undefined;
  /** The step that failed, as the builder names it. */
  readonly step: string | undefined;

  constructor(
    code: RuntimeError["code"],
    message: string,
    about: { readonly setting?: string | undefined; readonly step?: string | undefined; readonly cause?: unknown } = {},
  ) {
    super(code, message, { cause: about.cause });
    this.setting = about.setting;
    this.step = about.step;
  }
}
