// The state that the views draw. Changes of the model are drawn at a limited frame rate, key presses at once.
import type { Clock, Time } from "../base/clock.ts";
import type { LogEntry } from "./panels.ts";
import { applyStep, initialScreen, type Screen, type ScreenStep } from "./screen.ts";
import { applyChange, emptyModel, type ModelChange, type SessionModel } from "./session-model.ts";

/** At most 4 frames per second. */
const FRAME_MS = 250;
const SLOW_FRAME_MS = 8;
const SLOWEST_MS = 2000;
const LOG_LINES = 1000;
const NOTICES = 100;
const MESSAGE_MS = 8000;

export interface Explained {
  readonly service: string;
  readonly lines: readonly string[];
}
export interface AppState {
  readonly model: SessionModel;
  readonly screen: Screen;
  readonly logs: readonly LogEntry[];
  /** The log lines to show while the user has scrolled back: new lines must not move them. Otherwise undefined. */
  readonly frozenLogs: readonly LogEntry[] | undefined;
  /** Notices of the session, oldest first. */
  readonly notices: readonly string[];
  /** The number of notices since the user opened the view of notices. */
  readonly unreadNotices: number;
  readonly explained: Explained | undefined;
  readonly now: Time;
}

export interface AppStore {
  get(): AppState;
  subscribe(listener: () => void): () => void;
  /** Changes the model. Drawn with the next frame. */
  change(step: ModelChange): void;
  log(entry: LogEntry): void;
  /** Changes the screen. Drawn at once. */
  applyStep(step: ScreenStep): void;
  /** Shows a line at the bottom for 8 s; `pinned`: until the next message. */
  showMessage(text: string, pinned?: boolean): void;
  /** Adds a notice of one or more lines. The view of notices shows it. */
  addNotice(text: string): void;
  explain(explained: Explained): void;
  /** Calls `check` after `ms` with the state of that time. */
  later(ms: number, check: (state: AppState) => void): void;
  /** Reports how long the last frame took to draw. Slow frames halve the frame rate until frames are fast again. */
  frameDrawn(ms: number): void;
}

function withScreen(state: AppState, step: ScreenStep): AppState {
  const screen = applyStep(state.screen, step);
  const isScrolledBack = screen.view === "logs" && screen.scroll > 0;
  return {
    ...state,
    screen,
    frozenLogs: isScrolledBack ? (state.frozenLogs ?? state.logs) : undefined,
    unreadNotices: screen.view === "notices" ? 0 : state.unreadNotices,
  };
}

export function makeAppStore(clock: Clock): AppStore {
  let shown: AppState = {
    model: emptyModel,
    screen: initialScreen,
    logs: [],
    frozenLogs: undefined,
    notices: [],
    unreadNotices: 0,
    explained: undefined,
    now: clock.now(),
  };
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
    change(step) {
      next = { ...next, model: applyChange(next.model, step) };
      soon();
    },
    log(entry) {
      next = { ...next, logs: [...next.logs.slice(1 - LOG_LINES), entry] };
      soon();
    },
    applyStep(step) {
      next = withScreen(next, step);
      show();
    },
    showMessage(text, pinned = false) {
      const until = pinned ? Number.POSITIVE_INFINITY : clock.now() + MESSAGE_MS;
      next = withScreen(next, { type: "say", text, until });
      show();
    },
    addNotice(text) {
      const unreadNotices = next.screen.view === "notices" ? 0 : next.unreadNotices + 1;
      next = { ...next, notices: [...next.notices.slice(1 - NOTICES), text], unreadNotices };
      soon();
    },
    explain(explained) {
      next = { ...next, explained };
      show();
    },
    later(ms, check) {
      clock.at(clock.now() + ms, () => check(next));
    },
    frameDrawn(ms) {
      frameMs = ms > SLOW_FRAME_MS ? Math.min(SLOWEST_MS, frameMs * 2) : Math.max(FRAME_MS, frameMs / 2);
    },
  };
}
