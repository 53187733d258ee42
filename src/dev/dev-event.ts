// Defines the events of watch mode.
import type { ProjectFinding } from "../manifest/diagnostic.ts";
import type { BuildFigures } from "../node/agent/image-builder.ts";
import type { BuildStep } from "../node/runtime/build-request.ts";
import type { Project } from "../project/project.ts";
import type { Applied } from "./apply-objects.ts";

export type DevEvent =
  /** The files have errors; nothing was deployed. */
  | { readonly type: "invalid"; readonly findings: readonly ProjectFinding[]; readonly project: Project }
  /** The sources changed, or the user requested a rebuild; a new revision follows. */
  | { readonly type: "changed"; readonly service: string; readonly files: readonly string[] }
  /** knap does not deploy files that change repeatedly: until they stay the same, or else until other files change. */
  | {
      readonly type: "blocked";
      readonly service: string;
      readonly files: readonly string[];
      readonly isRetried: boolean;
    }
  /** Changed sources of this Service have no effect, because knap does not know where they are. */
  | { readonly type: "unwatched"; readonly service: string }
  | { readonly type: "building"; readonly service: string }
  | { readonly type: "build-output"; readonly service: string; readonly line: string }
  | { readonly type: "build-step"; readonly service: string; readonly step: BuildStep }
  | {
      readonly type: "built";
      readonly service: string;
      readonly image: string;
      readonly figures?: BuildFigures | undefined;
    }
  /**
   * The build failed, and the previous revision keeps running. `isFirst`: no build of this Service has succeeded yet.
   * The message begins with the place and the error; the output of the build follows.
   */
  | { readonly type: "build-failed"; readonly service: string; readonly message: string; readonly isFirst: boolean }
  /** The files have no errors any more, after `invalid`. */
  | { readonly type: "valid" }
  /** Changed settings of knap.yaml that take effect only at the next start. */
  | { readonly type: "needs-start"; readonly settings: readonly string[] }
  /** Instances restart because their environment comes from the changed `config`. A cluster would not restart them. */
  | { readonly type: "restarting"; readonly revision: string; readonly instances: number; readonly config: string }
  | { readonly type: "applied"; readonly applied: Applied }
  | { readonly type: "removed"; readonly object: string }
  /** The deployment failed for another reason than the user's files; watching continues. */
  | { readonly type: "deploy-failed"; readonly message: string };
export type EmitDevEvent = (event: DevEvent) => void;
