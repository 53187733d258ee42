// Lists the pending timers that knap's code has set, with the source line of each. It wraps the global timer functions
// without changing their behaviour.
import { syncBuiltinESMExports } from "node:module";
import timersPromises from "node:timers/promises";

export interface OwnTimers {
  /** `timer at src/…:12` for each timer that is pending. */
  active(): readonly string[];
}

interface Watched {
  readonly place: string;
  readonly isOver: () => boolean;
}

/** The number of recorded timers after which finished ones are dropped. */
const SWEEP_EVERY = 500;

/** Starts recording timers. Call it once per process. */
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
      const strongReference = timer.deref() as NodeJS.Timeout;
      watch(() => isDestroyed(timer.deref()));
      return strongReference;
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

/** Node exposes whether a timer is finished only in this field. */
function isDestroyed(timer: NodeJS.Timeout | undefined): boolean {
  return timer === undefined || (timer as unknown as { readonly _destroyed: boolean })._destroyed;
}

/** Returns the source line in src/ that sets the timer; undefined if it is not knap's code. */
function ownPlace(): string | undefined {
  const frames = new Error().stack?.split("\n") ?? [];
  const own = frames.filter((frame) => /\/src\/[\w-]+\//.test(frame) && !frame.includes("node_modules"));
  // The clock sets timers for its callers, so its own line is skipped.
  const frame = own.find((one) => !one.includes("/src/base/")) ?? own[0];
  return frame && /\/(src\/[^)?]+?:\d+)/.exec(frame)?.[1];
}
