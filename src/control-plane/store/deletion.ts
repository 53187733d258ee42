// Applies a delete call to an object: deletion timestamp, grace period, finalizers of the garbage collector. Pure.
// Source: kubernetes apiserver pkg/registry/rest/delete.go.
import type { Pod } from "../../apis/core/types.ts";
import { kindOf } from "../../apis/kinds.ts";
import type { AnyObject, ObjectMeta, Stored } from "../../apis/meta/object.ts";
import type { Time } from "../../base/clock.ts";
import { timeText } from "../../base/time.ts";
import { compactMetadata } from "./metadata.ts";

export type Propagation = "Foreground" | "Background" | "Orphan";

export interface DeleteOptions {
  /** The object must have this uid, else the delete is refused with 409. */
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  /** Absent: Background, unless the object already has one of the garbage collector's finalizers. */
  readonly propagation?: Propagation | undefined;
  /** Pods only; absent: the pod's own terminationGracePeriodSeconds. 0 removes at once. */
  readonly gracePeriodSeconds?: number | undefined;
  readonly dryRun?: boolean | undefined;
}

/** The garbage collector's own finalizers. */
export const FOREGROUND = "foregroundDeletion";
export const ORPHAN = "orphan";

const DEFAULT_GRACE_SECONDS = 30;
/** The end of the year 9999: RFC 3339 has no later time. */
const LATEST_TIME = 253_402_300_799_000;

/** Marks the object for deletion. A second delete can only shorten the grace period or change the propagation. */
export function markDeleted(object: Stored, options: DeleteOptions, now: Time): Stored {
  const { metadata } = object;
  const first = metadata.deletionTimestamp === undefined;
  const grace = graceOf(object, options);
  const shorter = first || grace < (metadata.deletionGracePeriodSeconds ?? 0);
  const marked = {
    ...metadata,
    finalizers: finalizersFor(metadata.finalizers ?? [], options.propagation),
    ...(shorter
      ? { deletionTimestamp: timeText(Math.min(now + grace * 1000, LATEST_TIME)), deletionGracePeriodSeconds: grace }
      : {}),
    ...(first && metadata.generation !== undefined ? { generation: metadata.generation + 1 } : {}),
  } satisfies ObjectMeta;
  const terminating = kindOf(object) === "Namespace" ? { status: { phase: "Terminating" } } : {};
  return { ...object, ...terminating, metadata: compactMetadata(marked) } as Stored;
}

/** Returns true if the object is marked for deletion, has no finalizer left and no grace period to wait for. */
export function isRemovable({ metadata }: AnyObject): boolean {
  const isBlocked = (metadata.finalizers?.length ?? 0) > 0 || (metadata.deletionGracePeriodSeconds ?? 0) > 0;
  return metadata.deletionTimestamp !== undefined && !isBlocked;
}

/** Only a Pod that is bound to a node and has not finished gets a grace period. A negative period means 1 s. */
function graceOf(object: AnyObject, options: DeleteOptions): number {
  if (kindOf(object) !== "Pod") return 0;
  const { spec, status } = object as Pod;
  const isBound = spec?.nodeName !== undefined || status?.startTime !== undefined;
  if (!isBound || status?.phase === "Succeeded" || status?.phase === "Failed") return 0;
  const grace = options.gracePeriodSeconds ?? spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
  return grace < 0 ? 1 : grace;
}

function finalizersFor(finalizers: readonly string[], propagation: Propagation | undefined): readonly string[] {
  if (propagation === undefined) return finalizers;
  const others = finalizers.filter((name) => name !== FOREGROUND && name !== ORPHAN);
  if (propagation === "Background") return others;
  return [...others, propagation === "Foreground" ? FOREGROUND : ORPHAN];
}
