// What a delete call makes of an object (apiserver's registry/rest/delete.go): marks, grace and the collector's finalizers. Pure.
import type { Pod } from "../../apis/core/types.ts";
import { kindOf } from "../../apis/kinds.ts";
import type { AnyObject, ObjectMeta, Stored } from "../../apis/meta/object.ts";
import type { Time } from "../../base/clock.ts";
import { timeText } from "../../base/time.ts";
import { compactMetadata } from "./metadata.ts";

export type Propagation = "Foreground" | "Background" | "Orphan";

export interface DeleteOptions {
  /** Refuse with 409 unless the object has this uid. */
  readonly uid?: string;
  readonly resourceVersion?: string;
  /** Absent: Background, unless the object already carries one of the collector's finalizers. */
  readonly propagation?: Propagation;
  /** Pods only; absent: the pod's own terminationGracePeriodSeconds. 0 removes at once. */
  readonly gracePeriodSeconds?: number;
  readonly dryRun?: boolean;
}

/** The collector's own finalizers. */
export const FOREGROUND = "foregroundDeletion";
export const ORPHAN = "orphan";

const DEFAULT_GRACE_SECONDS = 30;

/** The object as a delete leaves it if it has to wait. Called again, it can only shorten the grace or change the propagation. */
export function markDeleted(object: Stored, options: DeleteOptions, now: Time): Stored {
  const { metadata } = object;
  const first = metadata.deletionTimestamp === undefined;
  const grace = graceOf(object, options);
  const shorter = first || grace < (metadata.deletionGracePeriodSeconds ?? 0);
  const marked = {
    ...metadata,
    finalizers: finalizersFor(metadata.finalizers ?? [], options.propagation),
    ...(shorter ? { deletionTimestamp: timeText(now + grace * 1000), deletionGracePeriodSeconds: grace } : {}),
    ...(first && metadata.generation !== undefined ? { generation: metadata.generation + 1 } : {}),
  } satisfies ObjectMeta;
  const terminating = kindOf(object) === "Namespace" ? { status: { phase: "Terminating" } } : {};
  return { ...object, ...terminating, metadata: compactMetadata(marked) } as Stored;
}

/** May a marked object go now: no finalizer holds it and its grace is over or was never needed? */
export function mayGo({ metadata }: AnyObject): boolean {
  const waits = (metadata.finalizers?.length ?? 0) > 0 || (metadata.deletionGracePeriodSeconds ?? 0) > 0;
  return metadata.deletionTimestamp !== undefined && !waits;
}

/** Only a Pod that a kubelet has taken on and that still runs is given time. */
function graceOf(object: AnyObject, options: DeleteOptions): number {
  if (kindOf(object) !== "Pod") return 0;
  const { spec, status } = object as Pod;
  const taken = spec?.nodeName !== undefined || status?.startTime !== undefined;
  if (!taken || status?.phase === "Succeeded" || status?.phase === "Failed") return 0;
  return Math.max(0, options.gracePeriodSeconds ?? spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS);
}

function finalizersFor(finalizers: readonly string[], propagation: Propagation | undefined): readonly string[] {
  if (propagation === undefined) return finalizers;
  const others = finalizers.filter((finalizer) => finalizer !== FOREGROUND && finalizer !== ORPHAN);
  if (propagation === "Background") return others;
  return [...others, propagation === "Foreground" ? FOREGROUND : ORPHAN];
}
