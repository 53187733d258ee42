// What dev tells of its work. Types only.
import type { ProjectFinding } from "../manifest/diagnostic.ts";
import type { Project } from "../project/project.ts";
import type { Applied } from "./apply-objects.ts";

export type DevEvent =
  /** The files cannot be used as they are; nothing was changed. */
  | { readonly type: "invalid"; readonly findings: readonly ProjectFinding[]; readonly project: Project }
  /** Its sources are others than before (or were asked for again): a new revision comes. */
  | { readonly type: "changed"; readonly service: string }
  | { readonly type: "building"; readonly service: string }
  | { readonly type: "build-output"; readonly service: string; readonly line: string }
  | { readonly type: "built"; readonly service: string; readonly image: string }
  /** What ran before runs on; `isFirst`: nothing did. The verdict with its place comes first in the message, the builder's last lines follow. */
  | { readonly type: "build-failed"; readonly service: string; readonly message: string; readonly isFirst: boolean }
  /** The files are in order again, after `invalid`. */
  | { readonly type: "valid" }
  /** Settings of knap.yaml that only a start reads were changed. */
  | { readonly type: "needs-start"; readonly settings: readonly string[] }
  /** Instances whose environment came from what `config` names; a cluster would leave them alone. */
  | { readonly type: "restarting"; readonly revision: string; readonly instances: number; readonly config: string }
  | { readonly type: "applied"; readonly applied: Applied }
  | { readonly type: "removed"; readonly object: string }
  /** Something other than the user's files went wrong; the watch goes on. */
  | { readonly type: "deploy-failed"; readonly message: string };
export type EmitDevEvent = (event: DevEvent) => void;
