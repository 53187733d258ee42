// The timers that knap's own code has set and that still wait, with the place where each was set. It watches the global functions, and changes nothing of what they do.
import { syncBuiltinESMExports } from "node:module";
import timersPromises from "node:timers/promises";

export interface OwnTimers {
  /** `timer at src/…:12` of each that has neither fired for the last time nor been cleared. */
  active(): readonly string[];
}

interface Watched {
  readonly place: string;
  readonly isOver: () => boolean;
}

/** How many are watched before those that are over are dropped. */
const SWEEP_EVERY = 500;

/** Watches from now on; once per process. */
export function watchOwnTimers(): OwnTimers {
  let watched: Watched[] = [];
  const watch = (isOver: () => boolean): void => {
    const place = ownPlace();
    if (place === undefined) return;
    watched.push({ place, isOver });
    if (watched.length % SWEEP_EVERY === 0) watched = watched.filter((one) => !one.isOver());
  };
  for (const name of ["setTimeout", "setInterval"] as const) {
    const set = globalThis[name] as (...args: unknown[]) => NodeJS.Timeout;
    const watching = (...args: unknown[]): NodeJS.Timeout => {
      const timer = new WeakRef(set(...args));
      const kept = timer.deref() as NodeJS.Timeout;
      watch(() => isDestroyed(timer.deref()));
      return kept;
    };
    globalThis[name] = Object.assign(watching, set) as never;
  }
  const sleep = timersPromises.setTimeout;
  timersPromises.setTimeout = ((...args: Parameters<typeof sleep>) => {
    let over = false;
    watch(() => over);
    return sleep(...args).finally(() => {
      over = true;
    });
  }) as typeof sleep;
  syncBuiltinESMExports();
  return { active: () => watched.filter((one) => !one.isOver()).map(({ place }) => `timer at ${place}`) };
}

/** Node says of a timer whether it is over only here. */
function isDestroyed(timer: NodeJS.Timeout | undefined): boolean {
  return timer === undefined || (timer as unknown as { readonly _destroyed: boolean })._destroyed;
}

/** Where in src/ the timer is being set; undefined: not by knap's own code. */
function ownPlace(): string | undefined {
  const frames = new Error().stack?.split("\n") ?? [];
  const own = frames.filter((frame) => /\/src\/[\w-]+\//.test(frame) && !frame.includes("node_modules"));
  // The clock sets them for others.
  const frame = own.find((one) => !one.includes("/src/base/")) ?? own[0];
  return frame && /\/(src\/[^)?]+?:\d+)/.exec(frame)?.[1];
}
