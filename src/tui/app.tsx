// The terminal UI's root component: draws the frame's lines and handles keys. Pure files make the lines.
import { Box, Text, useInput, useStdout } from "ink";
import { useEffect, useState, useSyncExternalStore } from "react";
import { errorText } from "../base/errors.ts";
import type { AppStore } from "./app-state.ts";
import { type Key, typed, type Verb, verbOf } from "./keys.ts";
import { frameLines, type Title } from "./layout.ts";
import type { Line } from "./panels.ts";
import { rowsOf, serviceOfRow } from "./rows.ts";
import { selectedRow } from "./screen.ts";

/**
 * Actions on the session. Each resolves to a line for the bottom of the screen; the error of a rejection is shown there
 * too.
 */
export interface Actions {
  do(verb: Verb, store: AppStore): Promise<string>;
  scale(pods: number, store: AppStore): Promise<string>;
  quit(): void;
}

export interface AppProps {
  readonly store: AppStore;
  readonly title: Title;
  readonly actions: Actions;
}

const PAGE = 10;

function say(store: AppStore, answer: Promise<string>): void {
  answer.then(
    (text) => store.showMessage(text),
    (error: unknown) => store.showMessage(errorText(error)),
  );
}

/** Handles the verbs that only change the screen. Returns false for other verbs. */
function changeScreen(verb: Verb, store: AppStore): boolean {
  const { model, screen } = store.get();
  const rows = rowsOf(model, screen.open);
  const step = { up: -1, down: 1, "page-up": -PAGE, "page-down": PAGE }[verb as "up"];
  if (step !== undefined) store.applyStep({ type: "move", by: step, rows });
  else if (verb === "back") store.applyStep({ type: "show", view: "overview" });
  else if (verb === "logs" || verb === "traffic" || verb === "events" || verb === "help")
    store.applyStep({ type: "show", view: verb });
  else if (verb === "scale") store.applyStep({ type: "prompt", text: "" });
  else if (verb === "open") {
    const service = serviceOfRow(rows, selectedRow(rows, screen.selected)?.key);
    if (service !== undefined) store.applyStep({ type: "toggle", key: service.key });
  } else return false;
  return true;
}

function onKey(input: string, key: Key, { store, actions }: AppProps): void {
  const { prompt } = store.get().screen;
  if (prompt !== undefined) {
    const result = typed(prompt, input, key);
    store.applyStep({ type: "prompt", text: typeof result === "object" ? result.text : undefined });
    if (result === "done") say(store, actions.scale(Number(prompt), store));
    return;
  }
  const verb = verbOf(input, key);
  if (verb === undefined) return;
  if (verb === "quit") actions.quit();
  else if (!changeScreen(verb, store)) say(store, actions.do(verb, store));
}

function TextLine({ segments }: { readonly segments: Line }) {
  return (
    <Box flexShrink={0} height={1}>
      <Text wrap="truncate">
        {segments.map(({ text, colour, bold }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a segment is identified by its position in the line
          <Text key={index} {...(colour !== undefined && { color: colour })} bold={bold === true}>
            {text}
          </Text>
        ))}
      </Text>
    </Box>
  );
}

/**
 * Returns the terminal's size (80×24 if unknown) and draws again when it changes, which ink 6 does not do by itself.
 */
function useWindowSize(): { readonly columns: number; readonly rows: number } {
  const { stdout } = useStdout();
  const read = () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 });
  const [size, setSize] = useState(read);
  useEffect(() => {
    const changed = (): void => setSize({ columns: stdout.columns || 80, rows: stdout.rows || 24 });
    stdout.on("resize", changed);
    return () => void stdout.off("resize", changed);
  }, [stdout]);
  return size;
}

export function App(props: AppProps) {
  const { store, title } = props;
  const state = useSyncExternalStore(store.subscribe, store.get);
  const { columns, rows } = useWindowSize();
  const started = performance.now();
  useInput((input, key) => onKey(input, key, props));
  const lines = frameLines(state, title, { width: columns, height: Math.max(8, rows) });
  useEffect(() => store.frameDrawn(performance.now() - started));
  return (
    <Box flexDirection="column" width={columns} height={Math.max(8, rows)} overflow="hidden">
      {lines.map((segments, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is identified by its position on the screen
        <TextLine key={index} segments={segments} />
      ))}
    </Box>
  );
}
