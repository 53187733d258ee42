// What a command uses of its process: streams, environment, folder, interrupts. Data goes to stdout, progress to
// stderr.

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
  /** Called when the reader of the output closes it. Exits the process; a session replaces it to clean up first. */
  readonly outputClosed: { act(code: 0 | 1): void };
  /** All of standard input. A second call returns the same text. */
  readStdin(): Promise<string>;
  /** Data: stdout, with a line end added. */
  print(text: string): void;
  /** Progress and notices: stderr, with a line end added; nothing under --quiet. */
  say(text: string): void;
  /** Colours a text for stderr, if stderr supports colours. */
  paint(colour: Colour, text: string): string;
}

/** Follows NO_COLOR and FORCE_COLOR; without them, colours are for terminals. */
function supportsColour(env: Environment, stream: { readonly isTTY?: boolean }): boolean {
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
  return {
    env,
    cwd: process.cwd(),
    stdin,
    stdout,
    stderr,
    interrupts: listenForInterrupts(),
    outputClosed,
    readStdin: () => (input ??= readAll(stdin)),
    print: (text) => void stdout.write(`${text}\n`),
    say: (text) => void stderr.write(`${text}\n`),
    paint: (colour, text) => (colours ? styleText(colour, text, { validateStream: false }) : text),
  };
}

/** npm forwards Ctrl-C to a child that already got it from the terminal: two signals within this time count as one. */
const SAME_KEYPRESS_MS = 250;

export interface Interrupts extends Disposable {
  readonly first: AbortSignal;
  readonly second: AbortSignal;
  /** Acts like Ctrl-C. The terminal UI and `knap down` use it. */
  interrupt(): void;
}

/** Listens to SIGINT, SIGTERM and SIGHUP until disposed of. */
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
    [Symbol.dispose]: () => {
      for (const signal of signals) process.off(signal, interrupt);
    },
  };
}
