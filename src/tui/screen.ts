// The user's choices in the terminal UI: view, selection, expanded Services, typed text.
import type { Time } from "../base/clock.ts";
import type { Row } from "./rows.ts";

type ScreenView = "overview" | "logs" | "traffic" | "explain" | "events" | "help";

export interface Screen {
  readonly view: ScreenView;
  /** Key of the selected row; undefined: the first row. */
  readonly selected: string | undefined;
  readonly open: ReadonlySet<string>;
  /** The text typed in the number prompt; undefined: no prompt. */
  readonly prompt: string | undefined;
  readonly watchPaused: boolean;
  /** The result of the last action, shown instead of the keys until `until`. */
  readonly message: { readonly text: string; readonly until: Time };
}

export const initialScreen: Screen = {
  view: "overview",
  selected: undefined,
  open: new Set(),
  prompt: undefined,
  watchPaused: false,
  message: { text: "", until: 0 },
};

export type ScreenStep =
  | { readonly type: "move"; readonly by: number; readonly rows: readonly Row[] }
  | { readonly type: "toggle"; readonly key: string }
  | { readonly type: "show"; readonly view: ScreenView }
  | { readonly type: "prompt"; readonly text: string | undefined }
  | { readonly type: "pause-watch" }
  | { readonly type: "say"; readonly text: string; readonly until: Time };

/** Returns the selected row, or the first one if the selected row no longer exists. */
export function selectedRow(rows: readonly Row[], selected: string | undefined): Row | undefined {
  return rows.find(({ key }) => key === selected) ?? rows[0];
}

/** Returns the screen after a step. */
export function applyStep(screen: Screen, step: ScreenStep): Screen {
  switch (step.type) {
    case "move": {
      const at = step.rows.findIndex(({ key }) => key === screen.selected);
      const next = Math.min(step.rows.length - 1, Math.max(0, Math.max(0, at) + step.by));
      return { ...screen, selected: step.rows[next]?.key };
    }
    case "toggle": {
      const open = new Set(screen.open);
      if (!open.delete(step.key)) open.add(step.key);
      return { ...screen, open };
    }
    case "show":
      // The key of the current view returns to the overview.
      return { ...screen, view: screen.view === step.view ? "overview" : step.view, message: initialScreen.message };
    case "prompt":
      return { ...screen, prompt: step.text };
    case "pause-watch":
      return { ...screen, watchPaused: !screen.watchPaused };
    case "say":
      return { ...screen, message: { text: step.text, until: step.until } };
  }
}

/** Returns the range of rows that fits in `height` and contains the selected row. */
export function visibleRange(
  count: number,
  selected: number,
  height: number,
): { readonly from: number; readonly to: number } {
  if (count <= height) return { from: 0, to: count };
  const from = Math.min(Math.max(0, selected - Math.floor(height / 2)), count - height);
  return { from, to: from + height };
}
