// What a command may touch of the outside: streams, environment, folder, interrupts. Data goes to stdout, chatter to stderr.

import { setMaxListeners } from "node:events";
import type { Readable } from "node:stream";
import { styleText } from "node:util";

export type Environment = Readonly<Record<string, string | undefined>>;
type Colour = "red" | "green" | "yellow" | "cyan" | "dim" | "bold";

export interface Terminal {
  readonly env: Environment;
  readonly cwd: string;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly interrupts: Interrupts;
  /** What happens when nobody reads the output any more: the end of the process, unless somebody has to clean up first. */
  readonly unread: { act(code: 0 | 1): void };
  /** All of standard input; it is read once, so a second look gives the same. */
  readStdin(): Promise<string>;
  /** Data: stdout, with a line end added. */
  print(text: string): void;
  /** Chatter: stderr, with a line end added; silent under --quiet. */
  say(text: string): void;
  /** Colours chatter, if stderr takes colours. */
  paint(colour: Colour, text: string): string;
}

/** NO_COLOR and FORCE_COLOR as their conventions say; else colours where a terminal looks. */
function takesColour(env: Environment, stream: { readonly isTTY?: boolean }): boolean {
  if (env["NO_COLOR"]) return false;
  if (env["FORCE_COLOR"] !== undefined) return env["FORCE_COLOR"] !== "0" && env["FORCE_COLOR"] !== "false";
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

async function readAll(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}

/** The terminal of this process. */
export function openTerminal(): Terminal {
  const { env, stdin, stdout, stderr } = process;
  const colours = takesColour(env, stderr);
  const unread = { act: (code: 0 | 1): void => process.exit(code) };
  let isUnread = false;
  for (const stream of [stdout, stderr]) {
    // A reader that has seen enough (`knap get pods | head -1`) is no fault. Later writes fail as well.
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (isUnread) return;
      isUnread = true;
      unread.act(error.code === "EPIPE" ? 0 : 1);
    });
  }
  let input: Promise<string> | undefined;
  return {
    env,
    cwd: process.cwd(),
    stdin,
    stdout,
    stderr,
    interrupts: listenForInterrupts(),
    unread,
    readStdin: () => (input ??= readAll(stdin)),
    print: (text) => void stdout.write(`${text}\n`),
    say: (text) => void stderr.write(`${text}\n`),
    paint: (colour, text) => (colours ? styleText(colour, text, { validateStream: false }) : text),
  };
}

/** npm passes a terminal's Ctrl-C on to its child, which got it already: two signals this close are one. */
const SAME_KEYPRESS_MS = 250;

export interface Interrupts extends Disposable {
  readonly first: AbortSignal;
  readonly second: AbortSignal;
  /** As if the user had pressed Ctrl-C (the terminal UI reads the keyboard itself; `knap down` comes over the API). */
  interrupt(): void;
}

/** Listens to SIGINT, SIGTERM and SIGHUP until disposed of. */
function listenForInterrupts(now: () => number = () => performance.now()): Interrupts {
  const first = new AbortController();
  const second = new AbortController();
  // Whatever is under way listens to them; ten would be Node's idea of too many.
  setMaxListeners(0, first.signal, second.signal);
  let last = Number.NEGATIVE_INFINITY;
  const interrupt = (): void => {
    const time = now();
    if (time - last < SAME_KEYPRESS_MS) return;
    last = time;
    (first.signal.aborted ? second : first).abort();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, interrupt);
  return {
    first: first.signal,
    second: second.signal,
    interrupt,
    [Symbol.dispose]: () => {
      for (const signal of signals) process.off(signal, interrupt);
    },
  };
}
