// The maximum of recent decisions, for scale-down-delay. Immutable; slots of two seconds count from the Unix epoch, not from creation.
// Follows pkg/autoscaler/aggregation/max.
import type { Time } from "../../base/clock.ts";

const SLOT_MS = 2000;

/** Newest last; values strictly fall, since a value that a newer one reaches can never be the maximum again. */
export interface DelayWindow {
  readonly slots: number;
  readonly recent: readonly { readonly slot: number; readonly value: number }[];
}

/** A window over `delayMs`, at least one slot. */
export function makeDelayWindow(delayMs: number): DelayWindow {
  return { slots: Math.ceil(delayMs / SLOT_MS), recent: [] };
}

/** Records a decision and returns the window with it. */
export function recordDelayed(window: DelayWindow, now: Time, value: number): DelayWindow {
  const slot = Math.floor(now / SLOT_MS);
  const newer = window.recent.filter((entry) => entry.slot > slot - window.slots && entry.value > value);
  const last = newer.at(-1);
  // A larger value of the same slot already stands for it.
  if (last?.slot === slot) return { ...window, recent: newer };
  return { ...window, recent: [...newer, { slot, value }] };
}

/** The largest value that still counts after the last record; undefined when nothing was recorded. */
export function maximumOf(window: DelayWindow): number | undefined {
  return window.recent[0]?.value;
}
