// Which key means which verb. Pure: doing it is the caller's.

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

/** The part of ink's key that matters here. */
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

/** What a key adds to a number that is being typed: the new text, done, or given up. */
export function typed(text: string, input: string, key: Key): { readonly text: string } | "done" | "cancel" {
  if (key.return) return text === "" ? "cancel" : "done";
  if (key.escape || key.ctrl) return "cancel";
  if (/^\d$/.test(input)) return { text: (text + input).slice(0, 3) };
  return { text: input === "\u007f" || input === "" ? text.slice(0, -1) : text };
}

const ALL_KEYS =
  "↑↓ select  ⏎ open  l logs  t traffic  e explain  r rebuild  s scale  z zero  o open URL  p pause watch  ? help  q quit";
/** What 80 columns hold; the help view has the others. */
const FEW_KEYS = "↑↓ ⏎ open  l logs  t traffic  e explain  s scale  z zero  ? help  q quit";

/** The line of keys at the bottom. */
export function keyLine(width: number): string {
  return ALL_KEYS.length <= width ? ALL_KEYS : FEW_KEYS;
}

/** What the help view says, one line per key. */
export const HELP: readonly string[] = [
  "↑ ↓ j k     select a Service or revision",
  "⏎           open or close: all revisions and their pods",
  "l           logs of the selected Service",
  "t           traffic: asked for and seen",
  "e           explain: why it has as many pods as it has",
  "v           events",
  "r           build again, or restart, as a new revision",
  "s           ask for a number of pods",
  "z           let it nap now",
  "o           open its URL in a browser",
  "p           pause or resume watching files",
  "esc         back",
  "q  ctrl-c   quit: ends the session and all its pods",
];
