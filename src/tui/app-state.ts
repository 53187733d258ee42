// The state that the views draw, in one place, with a frame limit: changes of the world are shown at most a few times a second, keys at once.
import type { Clock, Time } from "../base/clock.ts";
import type { LogEntry } from "./panels.ts";
import { firstScreen, type Screen, type ScreenStep, turn } from "./screen.ts";
import { change, emptyWorld, type World, type WorldChange } from "./world.ts";

/** 4 frames a second. */
const FRAME_MS = 250;
const SLOW_FRAME_MS = 8;
const SLOWEST_MS = 2000;
const LOG_LINES = 1000;
const MESSAGE_MS = 8000;

export interface Explained {
  readonly service: string;
  readonly lines: readonly string[];
}
export interface AppState {
  readonly world: World;
  readonly screen: Screen;
  readonly logs: readonly LogEntry[];
  readonly explained: Explained | undefined;
  readonly now: Time;
}

export interface AppStore {
  get(): AppState;
  subscribe(listener: () => void): () => void;
  /** Shown with the next frame. */
  learn(step: WorldChange): void;
  log(entry: LogEntry): void;
  /** Shown at once. */
  turn(step: ScreenStep): void;
  /** A line at the bottom for a while; `pinned`: until the next one. */
  say(text: string, pinned?: boolean): void;
  explain(explained: Explained): void;
  /** How long the last frame took to draw: slow ones halve the rate, until frames are quick again. */
  drew(ms: number): void;
}

export function makeAppStore(clock: Clock): AppStore {
  let shown: AppState = { world: emptyWorld, screen: firstScreen, logs: [], explained: undefined, now: clock.now() };
  let next = shown;
  let frameMs = FRAME_MS;
  let lastFrame: Time = Number.NEGATIVE_INFINITY;
  let pending: Disposable | undefined;
  const listeners = new Set<() => void>();

  const show = (): void => {
    pending?.[Symbol.dispose]();
    pending = undefined;
    lastFrame = clock.now();
    shown = next = { ...next, now: lastFrame };
    for (const listener of listeners) listener();
  };
  const soon = (): void => {
    pending ??= clock.at(Math.max(clock.now(), lastFrame + frameMs), show);
  };
  return {
    get: () => shown,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    learn(step) {
      next = { ...next, world: change(next.world, step) };
      soon();
    },
    log(entry) {
      next = { ...next, logs: [...next.logs.slice(1 - LOG_LINES), entry] };
      soon();
    },
    turn(step) {
      next = { ...next, screen: turn(next.screen, step) };
      show();
    },
    say(text, pinned = false) {
      const until = pinned ? Number.POSITIVE_INFINITY : clock.now() + MESSAGE_MS;
      next = { ...next, screen: turn(next.screen, { type: "say", text, until }) };
      show();
    },
    explain(explained) {
      next = { ...next, explained };
      show();
    },
    drew(ms) {
      frameMs = ms > SLOW_FRAME_MS ? Math.min(SLOWEST_MS, frameMs * 2) : Math.max(FRAME_MS, frameMs / 2);
    },
  };
}
