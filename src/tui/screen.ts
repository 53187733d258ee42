// What the user has chosen to look at: view, selection, what is open, what is being typed. Pure; the world is not in here.
import type { Time } from "../base/clock.ts";
import type { Row } from "./rows.ts";

export type View = "overview" | "logs" | "traffic" | "explain" | "events" | "help";

export interface Screen {
  readonly view: View;
  /** Key of the selected row; undefined: the first. */
  readonly selected: string | undefined;
  readonly open: ReadonlySet<string>;
  /** A number of pods that is being typed. */
  readonly prompt: string | undefined;
  readonly watchPaused: boolean;
  /** One line about what the last key did or what went wrong, and when it makes room for the keys again. */
  readonly message: { readonly text: string; readonly until: Time };
}

export const firstScreen: Screen = {
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
  | { readonly type: "show"; readonly view: View }
  | { readonly type: "prompt"; readonly text: string | undefined }
  | { readonly type: "pause-watch" }
  | { readonly type: "say"; readonly text: string; readonly until: Time };

/** The selected row; the first when the selected one is gone. */
export function selectedRow(rows: readonly Row[], selected: string | undefined): Row | undefined {
  return rows.find(({ key }) => key === selected) ?? rows[0];
}

/** The screen after a step. */
export function turn(screen: Screen, step: ScreenStep): Screen {
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
      // The same key again leads back.
      return { ...screen, view: screen.view === step.view ? "overview" : step.view, message: firstScreen.message };
    case "prompt":
      return { ...screen, prompt: step.text };
    case "pause-watch":
      return { ...screen, watchPaused: !screen.watchPaused };
    case "say":
      return { ...screen, message: { text: step.text, until: step.until } };
  }
}

/** The part of the rows that fits, with the selected one in it. Only these are drawn. */
export function windowOf(
  count: number,
  selected: number,
  height: number,
): { readonly from: number; readonly to: number } {
  if (count <= height) return { from: 0, to: count };
  const from = Math.min(Math.max(0, selected - Math.floor(height / 2)), count - height);
  return { from, to: from + height };
}
