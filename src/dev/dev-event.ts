// Defines the events of watch mode.
import type { ProjectFinding } from "../manifest/diagnostic.ts";
import type { BuildFigures } from "../node/agent/image-builder.ts";
import type { BuildStep } from "../node/runtime/build-request.ts";
import type { DevelopPlan, Project } from "../project/project.ts";
import type { Applied } from "./apply-objects.ts";

/** When a save had an effect, in ms since the file was written. */
export interface SaveTimes {
  /** knap began to act on it. */
  readonly noticedMs: number;
  /** All instances have the files. */
  readonly archivedMs: number;
  /** The last instance was started again; undefined: none was. */
  readonly restartedMs?: number | undefined;
  /** The last instance answers requests with the new files; undefined: one does not. */
  readonly servedMs?: number | undefined;
}

export type DevEvent =
  /** The files have errors; nothing was deployed. */
  | { readonly type: "invalid"; readonly findings: readonly ProjectFinding[]; readonly project: Project }
  /** Warnings that the files before the last save did not have. */
  | { readonly type: "warned"; readonly findings: readonly ProjectFinding[]; readonly project: Project }
  /** The system allows no more watchers of files: some saves have no effect. Once. */
  | { readonly type: "watch-limit"; readonly setting: string }
  /** How watch mode treats changed files, if knap found that out by itself. Once per Service and text. */
  | {
      readonly type: "watching";
      readonly service: string;
      readonly plan: DevelopPlan;
      /** The build context. */
      readonly folder: string;
      /** Rules apply to containers; otherwise the Service runs as a process. */
      readonly isBuilt: boolean;
    }
  /** Changed files are in the instances, or wait for later instances. `copied`: 0 if the instances only restart. */
  | {
      readonly type: "synced";
      readonly service: string;
      readonly files: readonly string[];
      readonly copied: number;
      readonly instances: number;
      /** The number of files in which the instances differ from the image. */
      readonly dirty: number;
      readonly times: SaveTimes;
    }
  /** A sync was refused. `isRebuilt`: a new revision with the files follows. Once per Service and reason. */
  | { readonly type: "sync-refused"; readonly service: string; readonly message: string; readonly isRebuilt: boolean }
  /**
   * The files are in the instances, but a command failed, an instance does not become ready, or later instances will
   * have other files.
   */
  | { readonly type: "sync-problem"; readonly service: string; readonly message: string }
  /**
   * The sources changed, or the user requested a rebuild. A new revision follows, if the image is another one.
   * `reason`: why a sync is not enough, if a rule says sync.
   */
  | {
      readonly type: "changed";
      readonly service: string;
      readonly files: readonly string[];
      /** The image is the same, so that no new revision follows. */
      readonly isSame?: boolean;
      readonly reason?: string | undefined;
    }
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
