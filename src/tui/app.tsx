// The terminal UI's one component: the frame as lines, and what keys do. Everything it shows is worked out in pure files.

import { Box, useInput } from "ink";
import { useEffect, useSyncExternalStore } from "react";
import { errorText } from "../base/errors.ts";
import type { AppStore } from "./app-state.ts";
import { type Key, typed, type Verb, verbOf } from "./keys.ts";
import { frameLines, type Title } from "./layout.ts";
import { rowsOf, serviceOfRow } from "./rows.ts";
import { selectedRow } from "./screen.ts";
import { TextLines } from "./text-line.tsx";
import { useWindowSize } from "./use-window-size.ts";

/** What the app can ask of the session. Each answers with the line that is shown; rejections are shown, too. */
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
    (text) => store.say(text),
    (error: unknown) => store.say(errorText(error)),
  );
}

/** Verbs that only change what is looked at. True: that was all. */
function look(verb: Verb, store: AppStore): boolean {
  const { world, screen } = store.get();
  const rows = rowsOf(world, screen.open);
  const step = { up: -1, down: 1, "page-up": -PAGE, "page-down": PAGE }[verb as "up"];
  if (step !== undefined) store.turn({ type: "move", by: step, rows });
  else if (verb === "back") store.turn({ type: "show", view: "overview" });
  else if (verb === "logs" || verb === "traffic" || verb === "events" || verb === "help")
    store.turn({ type: "show", view: verb });
  else if (verb === "scale") store.turn({ type: "prompt", text: "" });
  else if (verb === "open") {
    const service = serviceOfRow(rows, selectedRow(rows, screen.selected)?.key);
    if (service !== undefined) store.turn({ type: "toggle", key: service.key });
  } else return false;
  return true;
}

function onKey(input: string, key: Key, { store, actions }: AppProps): void {
  const { prompt } = store.get().screen;
  if (prompt !== undefined) {
    const result = typed(prompt, input, key);
    store.turn({ type: "prompt", text: typeof result === "object" ? result.text : undefined });
    if (result === "done") say(store, actions.scale(Number(prompt), store));
    return;
  }
  const verb = verbOf(input, key);
  if (verb === undefined) return;
  if (verb === "quit") actions.quit();
  else if (!look(verb, store)) say(store, actions.do(verb, store));
}

export function App(props: AppProps) {
  const { store, title } = props;
  const state = useSyncExternalStore(store.subscribe, store.get);
  const { columns, rows } = useWindowSize();
  const started = performance.now();
  useInput((input, key) => onKey(input, key, props));
  const lines = frameLines(state, title, { width: columns, height: Math.max(8, rows) });
  useEffect(() => store.drew(performance.now() - started));
  return (
    <Box flexDirection="column" width={columns} height={Math.max(8, rows)} overflow="hidden">
      <TextLines lines={lines} />
    </Box>
  );
}
