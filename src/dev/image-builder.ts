// The port to whatever builds images, in dev's own words. A failed build is a value: it is the user's code that failed, not knap.
import type { BuildPlan } from "../project/project.ts";

export interface ImageBuildRequest {
  /** `namespace/name` of the Service. */
  readonly service: string;
  readonly plan: BuildPlan;
  readonly signal: AbortSignal;
  onOutput(line: string): void;
}

export type ImageBuildOutcome =
  /** A content tag, so that equal builds have equal names: `dev.local/<namespace>/<service>:<first 12 of the id>`. */
  | { readonly ok: true; readonly image: string }
  /** The last lines of the build, with the failing instruction. */
  | { readonly ok: false; readonly message: string };

export interface ImageBuilder {
  /** Rejects only when the signal aborts. */
  build(request: ImageBuildRequest): Promise<ImageBuildOutcome>;
}
