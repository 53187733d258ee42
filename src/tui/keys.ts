// Maps keys to verbs. The caller executes them.

export type Verb =
  | "up"
  | "down"
  | "page-up"
  | "page-down"
  | "open"
  | "back"
  | "logs"
  | "traffic"
  | "explain"
  | "events"
  | "rebuild"
  | "scale"
  | "zero"
  | "open-url"
  | "pause-watch"
  | "help"
  | "quit";

/** The fields of ink's key that are used here. */
export interface Key {
  readonly upArrow?: boolean;
  readonly downArrow?: boolean;
  readonly pageUp?: boolean;
  readonly pageDown?: boolean;
  readonly return?: boolean;
  readonly escape?: boolean;
  readonly ctrl?: boolean;
}

const LETTERS: Readonly<Record<string, Verb>> = {
  k: "up",
  j: "down",
  l: "logs",
  t: "traffic",
  e: "explain",
  v: "events",
  r: "rebuild",
  s: "scale",
  z: "zero",
  o: "open-url",
  p: "pause-watch",
  "?": "help",
  q: "quit",
};

export function verbOf(input: string, key: Key): Verb | undefined {
  if (key.ctrl) return input === "c" ? "quit" : undefined;
  if (key.upArrow) return "up";
  if (key.downArrow) return "down";
  if (key.pageUp) return "page-up";
  if (key.pageDown) return "page-down";
  if (key.return) return "open";
  if (key.escape) return "back";
  return Object.hasOwn(LETTERS, input) ? LETTERS[input] : undefined;
}

/** Handles a key in the number prompt: returns the new text, "done" or "cancel". */
export function typed(text: string, input: string, key: Key): { readonly text: string } | "done" | "cancel" {
  if (key.return) return text === "" ? "cancel" : "done";
  if (key.escape || key.ctrl) return "cancel";
  if (/^\d$/.test(input)) return { text: (text + input).slice(0, 3) };
  return { text: input === "\u007f" || input === "" ? text.slice(0, -1) : text };
}

const ALL_KEYS =
  "↑↓ select  ⏎ open  l logs  t traffic  e explain  r rebuild  s scale  z zero  o open URL  p pause watch  ? help  q quit";
/** The keys that fit in 80 columns. The help view lists all. */
const FEW_KEYS = "↑↓ ⏎ open  l logs  t traffic  e explain  s scale  z zero  ? help  q quit";

/** Returns the line of keys at the bottom of the screen. */
export function keyLine(width: number): string {
  return ALL_KEYS.length <= width ? ALL_KEYS : FEW_KEYS;
}

/** The lines of the help view, one per key. */
export const HELP: readonly string[] = [
  "↑ ↓ j k     select a Service or revision",
  "⏎           open or close: all revisions and their pods",
  "l           logs of the selected Service",
  "t           traffic: desired and observed",
  "e           explain: why it has this number of pods",
  "v           events",
  "r           rebuild or restart as a new revision",
  "s           set the number of pods",
  "z           scale to zero now (nap)",
  "o           open its URL in a browser",
  "p           pause or resume watching files",
  "esc         back",
  "q  ctrl-c   quit: ends the session and all its pods",
];
