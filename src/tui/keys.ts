// Maps keys to actions. The caller executes the actions.

export type Action =
  | "up"
  | "down"
  | "page-up"
  | "page-down"
  | "first"
  | "last"
  | "open"
  | "back"
  | "logs"
  | "traffic"
  | "explain"
  | "events"
  | "notices"
  | "rebuild"
  | "scale"
  | "zero"
  | "open-url"
  | "pause-watch"
  | "help"
  | "quit";

/** The fields of ink's key that this room reads. */
export interface Key {
  readonly upArrow?: boolean;
  readonly downArrow?: boolean;
  readonly pageUp?: boolean;
  readonly pageDown?: boolean;
  readonly home?: boolean;
  readonly end?: boolean;
  readonly return?: boolean;
  readonly escape?: boolean;
  readonly ctrl?: boolean;
}

const NAMED_KEYS: readonly (readonly [keyof Key, Action])[] = [
  ["upArrow", "up"],
  ["downArrow", "down"],
  ["pageUp", "page-up"],
  ["pageDown", "page-down"],
  ["home", "first"],
  ["end", "last"],
  ["return", "open"],
  ["escape", "back"],
];

const LETTERS: Readonly<Record<string, Action>> = {
  k: "up",
  j: "down",
  g: "first",
  G: "last",
  l: "logs",
  t: "traffic",
  e: "explain",
  v: "events",
  n: "notices",
  r: "rebuild",
  s: "scale",
  z: "zero",
  o: "open-url",
  p: "pause-watch",
  "?": "help",
  q: "quit",
};

export function actionOf(input: string, key: Key): Action | undefined {
  if (key.ctrl) return input === "c" ? "quit" : undefined;
  const named = NAMED_KEYS.find(([name]) => key[name]);
  if (named) return named[1];
  return Object.hasOwn(LETTERS, input) ? LETTERS[input] : undefined;
}

/** Handles a key in the number prompt. Returns the new text, "done" or "cancel". */
export function typed(text: string, input: string, key: Key): { readonly text: string } | "done" | "cancel" {
  if (key.return) return text === "" ? "cancel" : "done";
  if (key.escape || key.ctrl) return "cancel";
  if (/^\d$/.test(input)) return { text: (text + input).slice(0, 3) };
  return { text: input === "\u007f" || input === "" ? text.slice(0, -1) : text };
}

/** The lines of keys, the widest first. The help view lists all keys. */
const KEY_LINES = [
  "↑↓ select  ⏎ open  l logs  t traffic  e explain  r rebuild  s scale  z zero  o open URL  p pause watch  ? help  q quit",
  "↑↓ ⏎ open  l logs  t traffic  e explain  s scale  z zero  ? help  q quit",
  "l logs  e explain  ? help  q quit",
];

/** Returns the line of keys at the bottom of the screen. */
export function keyLine(width: number): string {
  return KEY_LINES.find((line) => line.length <= width) ?? "? help";
}

/** The lines of the help view. */
export const HELP: readonly string[] = [
  "↑ ↓ j k     select a Service, revision or pod; in other views: scroll",
  "PgUp PgDn   move by a page",
  "Home g      move to the first line",
  "End G       move to the last line",
  "⏎           open or close: all revisions and their pods",
  "l           logs of the selected Service",
  "t           traffic: desired and observed",
  "e           explain: why it has this number of pods",
  "v           events",
  "n           notices of this session",
  "r           rebuild or restart as a new revision",
  "s           set the number of pods",
  "z           scale to zero now (nap)",
  "o           open its URL in a browser",
  "p           pause or resume watching files",
  "esc         back",
  "q  ctrl-c   quit: ends the session and all its pods",
];
