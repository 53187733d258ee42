// Gives commands their streams, environment, folder and interrupts. Data goes to stdout, progress to stderr.
import { setMaxListeners } from "node:events";
import type { Readable } from "node:stream";
import { styleText } from "node:util";
import { redacted } from "../base/redact.ts";
import { readTextStream } from "../project/read-text.ts";

export type Environment = Readonly<Record<string, string | undefined>>;
type Colour = "red" | "green" | "yellow" | "cyan" | "dim" | "bold";

export type ErrorFormat = "text" | "json" | "event";

export interface Terminal {
  readonly env: Environment;
  readonly cwd: string;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  /** From its first use on, signals no longer end the process: the command has to. */
  readonly interrupts: Interrupts;
  /** `act` is called when the reader of the output closes it. It exits the process; a session cleans up instead. */
  readonly outputClosed: { act(code: 0 | 1): void };
  /** How errors are written: `json` with -o json, `event` with --ui json. Kept in one object for all copies. */
  readonly errors: { format: ErrorFormat };
  /** All of standard input. A second call returns the same text. */
  readonly readStdin: () => Promise<string>;
  /** Writes data and a line end to stdout. */
  print(text: string): void;
  /** Writes progress or a notice and a line end to stderr, without credentials; nothing with --quiet. */
  say(text: string): void;
  /** Colours a text if stderr shows colours. */
  paint(colour: Colour, text: string): string;
}

/** Terminals show colours. NO_COLOR and FORCE_COLOR override this. */
function supportsColour(env: Environment, stream: { readonly isTTY?: boolean }): boolean {
  if (env["NO_COLOR"]) return false;
  if (env["FORCE_COLOR"] !== undefined) return env["FORCE_COLOR"] !== "0" && env["FORCE_COLOR"] !== "false";
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

/** Returns the terminal of this process. */
export function openTerminal(errorFormat: ErrorFormat): Terminal {
  const { env, stdin, stdout, stderr } = process;
  const colours = supportsColour(env, stderr);
  const outputClosed = { act: (code: 0 | 1): void => process.exit(code) };
  let isClosed = false;
  for (const stream of [stdout, stderr]) {
    // A reader that closes early (`knap get pods | head -1`) is no error. Later writes fail too, so only the first
    // counts.
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (isClosed) return;
      isClosed = true;
      outputClosed.act(error.code === "EPIPE" ? 0 : 1);
    });
  }
  let input: Promise<string> | undefined;
  let interrupts: Interrupts | undefined;
  return {
    env,
    cwd: process.cwd(),
    stdin,
    stdout,
    stderr,
    get interrupts() {
      interrupts ??= listenForInterrupts();
      return interrupts;
    },
    outputClosed,
    errors: { format: errorFormat },
    readStdin: () => (input ??= readTextStream(stdin)),
    print: (text) => void stdout.write(`${text}\n`),
    say: (text) => void stderr.write(`${redacted(text)}\n`),
    paint: (colour, text) => (colours ? styleText(colour, text, { validateStream: false }) : text),
  };
}

/** Two signals within this time count as one: npm repeats the Ctrl-C that its child already got from the terminal. */
const SAME_KEYPRESS_MS = 250;

export interface Interrupts {
  readonly first: AbortSignal;
  readonly second: AbortSignal;
  /** Acts like Ctrl-C. The terminal UI and `knap down` use it. */
  interrupt(): void;
}

/** Listens to SIGINT, SIGTERM and SIGHUP. */
function listenForInterrupts(now: () => number = () => performance.now()): Interrupts {
  const first = new AbortController();
  const second = new AbortController();
  // Many operations listen to these signals; Node warns at more than ten listeners.
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
  };
}
