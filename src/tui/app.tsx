// The terminal UI's root component: draws the frame's lines and handles keys. Pure files make the lines.
import { Box, Text, useInput, useStdout } from "ink";
import { useEffect, useState, useSyncExternalStore } from "react";
import { errorText } from "../base/errors.ts";
import type { AppStore } from "./app-state.ts";
import { type Action, actionOf, type Key, typed } from "./keys.ts";
import { type Frame, frameLines, scrollLimit, type Title } from "./layout.ts";
import type { Line } from "./panels.ts";
import { rowsOf, serviceOfRow } from "./rows.ts";
import { selectedRow } from "./screen.ts";

/** Changes the session. Each method resolves to a line for the bottom of the screen, which also shows an error. */
export interface SessionActions {
  run(action: Action, store: AppStore): Promise<string>;
  scale(pods: number, store: AppStore): Promise<string>;
  quit(): void;
}

export interface AppProps {
  readonly store: AppStore;
  readonly title: Title;
  readonly actions: SessionActions;
}

const PAGE = 10;
const MOVES: Readonly<Partial<Record<Action, number>>> = {
  up: -1,
  down: 1,
  "page-up": -PAGE,
  "page-down": PAGE,
  first: Number.NEGATIVE_INFINITY,
  last: Number.POSITIVE_INFINITY,
};
/** The views that a key shows without a request to the session. */
const VIEWS = ["logs", "traffic", "events", "notices", "help"] as const;

function say(store: AppStore, answer: Promise<string>): void {
  answer.then(
    (text) => store.showMessage(text),
    (error: unknown) => store.showMessage(errorText(error)),
  );
}

/** Moves the selection of the overview, or scrolls the text of another view. */
function move(by: number, { store, title }: AppProps, frame: Frame): void {
  const state = store.get();
  const { view, open } = state.screen;
  if (view === "overview") store.applyStep({ type: "move", by, rows: rowsOf(state.model, open) });
  else store.applyStep({ type: "scroll", by, limit: scrollLimit(state, title, frame) });
}

/** Handles the actions that only change the screen. Returns false for other actions. */
function changeScreen(action: Action, props: AppProps, frame: Frame): boolean {
  const { store } = props;
  const by = MOVES[action];
  if (by !== undefined) move(by, props, frame);
  else if (action === "back") store.applyStep({ type: "show", view: "overview" });
  else if (action === "scale") store.applyStep({ type: "prompt", text: "" });
  else if (action === "open") {
    const { model, screen } = store.get();
    const rows = rowsOf(model, screen.open);
    const service = serviceOfRow(rows, selectedRow(rows, screen.selected)?.key);
    if (service !== undefined) store.applyStep({ type: "toggle", key: service.key });
  } else if (isView(action)) store.applyStep({ type: "show", view: action });
  else return false;
  return true;
}

function isView(action: Action): action is (typeof VIEWS)[number] {
  return VIEWS.some((view) => view === action);
}

function onKey(input: string, key: Key, props: AppProps, frame: Frame): void {
  const { store, actions } = props;
  const { prompt } = store.get().screen;
  if (prompt !== undefined) {
    const result = typed(prompt, input, key);
    store.applyStep({ type: "prompt", text: typeof result === "object" ? result.text : undefined });
    if (result === "done") say(store, actions.scale(Number(prompt), store));
    return;
  }
  const action = actionOf(input, key);
  if (action === undefined) return;
  if (action === "quit") actions.quit();
  else if (!changeScreen(action, props, frame)) say(store, actions.run(action, store));
}

function TextLine({ segments }: { readonly segments: Line }) {
  return (
    <Box flexShrink={0} height={1}>
      <Text wrap="truncate">
        {segments.map(({ text, colour, bold }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a segment is identified by its position in the line
          <Text key={index} {...(colour && { color: colour })} bold={bold === true}>
            {text}
          </Text>
        ))}
      </Text>
    </Box>
  );
}

/** Returns the terminal's size (80×24 if unknown). ink 6 does not draw again after a resize, so this hook does. */
function useFrameSize(): Frame {
  const { stdout } = useStdout();
  const [size, setSize] = useState(() => sizeOf(stdout));
  useEffect(() => {
    const changed = (): void => setSize(sizeOf(stdout));
    stdout.on("resize", changed);
    return () => void stdout.off("resize", changed);
  }, [stdout]);
  return size;
}

function sizeOf({ columns, rows }: NodeJS.WriteStream): Frame {
  return { width: columns || 80, height: Math.max(8, rows || 24) };
}

export function App(props: AppProps) {
  const { store, title } = props;
  const state = useSyncExternalStore(store.subscribe, store.get);
  const frame = useFrameSize();
  const started = performance.now();
  useInput((input, key) => onKey(input, key, props, frame));
  const lines = frameLines(state, title, frame);
  useEffect(() => store.frameDrawn(performance.now() - started));
  return (
    <Box flexDirection="column" width={frame.width} height={frame.height} overflow="hidden">
      {lines.map((segments, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is identified by its position on the screen
        <TextLine key={index} segments={segments} />
      ))}
    </Box>
  );
}
