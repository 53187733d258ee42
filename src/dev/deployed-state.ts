// Describes what is deployed of one Service, and how that shows in its template. Pure.
import type { Service } from "../apis/serving/types.ts";
import type { ProjectService } from "../project/project.ts";
import type { FileHashes } from "./change-brake.ts";
import type { ChangePlan } from "./change-planner.ts";
import { type TemplateChange, withFreshName, withTemplateChange } from "./template-plan.ts";

export interface DeployedState {
  /** The files of the first deployment. */
  readonly first: FileHashes;
  /** The files of the newest revision when it was made: what its image has. */
  readonly built: FileHashes;
  /** The files that the instances have: `built`, and what was synced since. */
  readonly seen: FileHashes;
  /**
   * Hash of the sources of the first deployment. With these sources and `forced` 0, the template gets neither a name
   * suffix nor a source hash.
   */
  readonly firstHash: string;
  /** Hash of the sources in `built`; "": the next deployment makes a new revision. */
  readonly hash: string;
  /** Absent: a process, or a Service that knap does not build. */
  readonly image?: string | undefined;
  /** How often the user requested a rebuild. It is part of the name suffix. */
  readonly forced: number;
  /** Why a sync was refused, so that the next deployment makes a new revision. */
  readonly refusal?: string | undefined;
}

/** What a deployment does with one Service. */
export interface Preparation {
  readonly service: ProjectService;
  readonly write: (document: Service) => Service;
  /** Set if the instances need files or a restart once the objects are applied. */
  readonly sync?: PendingSync | undefined;
}
export interface PendingSync {
  readonly plan: Extract<ChangePlan, { action: "sync" }>;
  readonly next: FileHashes;
  /** The revision is new, so that another one would not help. */
  readonly isNew?: boolean;
}

/** Returns the document of a Service for the newest revision. */
export function withDeployed(document: Service, state: DeployedState): Service {
  const { hash, firstHash, forced } = state;
  const change = templateChange(state);
  if (firstHash === hash && forced === 0) return withTemplateChange(document, change);
  const suffix = forced > 0 ? `${hash.slice(0, 5)}-${forced}` : hash.slice(0, 5);
  return withTemplateChange(withFreshName(document, suffix), change);
}

function templateChange({ image, hash, firstHash, forced }: DeployedState): TemplateChange {
  if (image !== undefined) return { image };
  if (forced > 0) return { sourceHash: `${hash}-${forced}` };
  return hash === firstHash ? {} : { sourceHash: hash };
}
