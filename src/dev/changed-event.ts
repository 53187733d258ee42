// Describes a deployment of changed files. Pure.
import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { ProjectService } from "../project/project.ts";
import { changedFiles } from "./change-brake.ts";
import { type DeployedState, withDeployed } from "./deployed-state.ts";
import type { DevEvent } from "./dev-event.ts";
import { SETTINGS } from "./service-files.ts";

export interface DeployedChange {
  readonly before: DeployedState;
  readonly after: DeployedState;
  /** Why a sync was not enough. */
  readonly reason: string | undefined;
}

/** Settings are named only if no file changed, because those of a process also come from its Dockerfile. */
export function changedEvent({ key, object }: ProjectService, { before, after, reason }: DeployedChange): DevEvent {
  const names = changedFiles(before.seen, after.built);
  const files = names.filter((name) => name !== SETTINGS);
  const isSame = isDeepStrictEqual(withDeployed(object, before), withDeployed(object, after));
  const shown = files.length > 0 ? files : names.map((name) => basename(name));
  return { type: "changed", service: key, files: shown, isSame, reason };
}
