// The user's choices in the terminal UI: view, selection, expanded Services, scroll position, typed text.
import type { Time } from "../base/clock.ts";
import type { Row } from "./rows.ts";

type ScreenView = "overview" | "logs" | "traffic" | "explain" | "events" | "notices" | "help";

/** The views that show their newest lines first. */
const FOLLOWING_VIEWS: readonly ScreenView[] = ["logs", "events"];

export interface Screen {
  readonly view: ScreenView;
  /** Key of the selected row; undefined: the first row. */
  readonly selected: string | undefined;
  readonly open: ReadonlySet<string>;
  /** Lines between the shown part of a text and its start (logs and events: its end). */
  readonly scroll: number;
  /** The text typed in the number prompt; undefined: no prompt. */
  readonly prompt: string | undefined;
  readonly watchPaused: boolean;
  /** The result of the last action. The bottom line shows it instead of the keys until `until`. */
  readonly message: { readonly text: string; readonly until: Time };
}

export const initialScreen: Screen = {
  view: "overview",
  selected: undefined,
  open: new Set(),
  scroll: 0,
  prompt: undefined,
  watchPaused: false,
  message: { text: "", until: 0 },
};

export type ScreenStep =
  | { readonly type: "move"; readonly by: number; readonly rows: readonly Row[] }
  /** `limit`: the number of lines that do not fit on the screen. */
  | { readonly type: "scroll"; readonly by: number; readonly limit: number }
  | { readonly type: "toggle"; readonly key: string }
  | { readonly type: "show"; readonly view: ScreenView }
  | { readonly type: "prompt"; readonly text: string | undefined }
  | { readonly type: "pause-watch" }
  | { readonly type: "say"; readonly text: string; readonly until: Time };

/** Returns true if the view starts at its end. */
function followsEnd(view: ScreenView): boolean {
  return FOLLOWING_VIEWS.includes(view);
}

/** Returns the selected row, or the first one if the selected row no longer exists. */
export function selectedRow(rows: readonly Row[], selected: string | undefined): Row | undefined {
  return rows.find(({ key }) => key === selected) ?? rows[0];
}

function within(value: number, limit: number): number {
  return Math.max(0, Math.min(limit, value));
}

/** Returns the screen after a step. */
export function applyStep(screen: Screen, step: ScreenStep): Screen {
  switch (step.type) {
    case "move": {
      const at = step.rows.findIndex(({ key }) => key === screen.selected);
      return { ...screen, selected: step.rows[within(Math.max(0, at) + step.by, step.rows.length - 1)]?.key };
    }
    case "scroll": {
      const by = followsEnd(screen.view) ? -step.by : step.by;
      return { ...screen, scroll: within(screen.scroll + by, step.limit) };
    }
    case "toggle": {
      const open = new Set(screen.open);
      if (!open.delete(step.key)) open.add(step.key);
      return { ...screen, open };
    }
    case "show": {
      // The key of the current view returns to the overview.
      const view = screen.view === step.view ? "overview" : step.view;
      return { ...screen, view, scroll: 0, message: initialScreen.message };
    }
    case "prompt":
      return { ...screen, prompt: step.text };
    case "pause-watch":
      return { ...screen, watchPaused: !screen.watchPaused };
    case "say":
      return { ...screen, message: { text: step.text, until: step.until } };
  }
}

/** The lines from `from` to `to` (exclusive) of a longer list. */
export interface VisibleRange {
  readonly from: number;
  readonly to: number;
}

/** Returns the range of rows that fits in `height` and contains the selected row. */
export function visibleRange(count: number, selected: number, height: number): VisibleRange {
  if (count <= height) return { from: 0, to: count };
  const from = within(selected - Math.floor(height / 2), count - height);
  return { from, to: from + height };
}

/** Returns the range of lines that the scroll position shows. */
export function scrolledRange({ view, scroll }: Screen, count: number, height: number): VisibleRange {
  const limit = Math.max(0, count - height);
  const from = followsEnd(view) ? limit - within(scroll, limit) : within(scroll, limit);
  return { from, to: Math.min(count, from + height) };
}
