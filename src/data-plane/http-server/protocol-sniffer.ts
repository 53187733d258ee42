// Detects HTTP/2 by the first bytes of a connection, puts the bytes back and passes the socket on.
import { METHODS } from "node:http";
import type { Socket } from "node:net";

/** The first bytes of every HTTP/2 connection. No HTTP/1 request starts with them. */
const PREFACE = Buffer.from("PRI * HTTP/2.0");

const FIRST_LINE = Symbol("first line");
type FirstLineHolder = { [FIRST_LINE]?: FirstLine | undefined };

/** Method and target of a connection's first request, as received. */
interface FirstLine {
  readonly method: string;
  readonly target: string;
}

const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS);
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Takes the place of a method that Node's parser does not know. */
const PARSED_METHOD = "POST";

/** Returns the first line of a connection once, if its bytes were replaced for Node's parser. */
export function takeFirstLine(socket: object): FirstLine | undefined {
  const holder: FirstLineHolder = socket;
  const line = holder[FIRST_LINE];
  if (line !== undefined) holder[FIRST_LINE] = undefined;
  return line;
}

/** Replaces what Node's parser rejects and Go accepts: unknown methods, and bytes above 0x7f in the target. */
function replaceFirstLine(socket: object, head: Buffer): Buffer {
  const end = head.indexOf(0x0a);
  const line = end === -1 ? head : head.subarray(0, end);
  const isKnown = KNOWN_METHODS.has(head.toString("latin1", 0, head.indexOf(0x20)));
  if (isKnown && !line.some((byte) => byte > 0x7f)) return head;
  const [method = "", target = "", version = "", ...more] = line.toString("latin1").split(" ");
  if (more.length > 0 || !TOKEN.test(method) || !version.startsWith("HTTP/1.")) return head;
  (socket as FirstLineHolder)[FIRST_LINE] = { method, target };
  const sent = target.replace(/[\x80-\xff]/g, (char) => `%${char.charCodeAt(0).toString(16)}`);
  const replaced = `${isKnown ? method : PARSED_METHOD} ${sent} ${version}`;
  return Buffer.concat([Buffer.from(replaced, "latin1"), head.subarray(line.length)]);
}

export interface SnifferParts {
  readonly toH1: (socket: Socket) => void;
  readonly toH2: (socket: Socket) => void;
  /** Closes a connection whose protocol is unknown after this time. 0: unlimited. */
  readonly limitMs: number;
}

export class ProtocolSniffer {
  readonly #parts: SnifferParts;
  readonly #silent = new Set<Socket>();

  constructor(parts: SnifferParts) {
    this.#parts = parts;
  }

  take(socket: Socket): void {
    this.#silent.add(socket);
    let held: Buffer | undefined;
    const drop = (): void => void socket.destroy();
    const leave = (): void => {
      this.#silent.delete(socket);
      socket.off("readable", look).off("end", drop).off("close", leave);
      clearTimeout(timer);
    };
    const look = (): void => {
      const bytes = socket.read() as Buffer | null;
      if (bytes === null) return;
      held = held === undefined ? bytes : Buffer.concat([held, bytes]);
      const shown = Math.min(held.length, PREFACE.length);
      const h2 = held.compare(PREFACE, 0, shown, 0, shown) === 0;
      if (h2 && shown < PREFACE.length) return;
      leave();
      socket.unshift(h2 ? held : replaceFirstLine(socket, held));
      (h2 ? this.#parts.toH2 : this.#parts.toH1)(socket);
    };
    const { limitMs } = this.#parts;
    const timer = limitMs > 0 ? setTimeout(drop, limitMs) : undefined;
    socket.on("readable", look).on("end", drop).on("close", leave);
  }

  /** Closes connections that have not sent anything. */
  close(): void {
    for (const socket of this.#silent) socket.destroy();
  }
}
