// Detects HTTP/2 by the first bytes of a connection, puts the bytes back and passes the socket on.
import { METHODS } from "node:http";
import type { Socket } from "node:net";
import { rawRefusal } from "./http1-refusal.ts";

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
/** A longer first line is passed on as it is. */
const LONGEST_LINE = 8 * 1024;
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
  if (end === -1) return head;
  const line = head.subarray(0, end);
  const isKnown = KNOWN_METHODS.has(head.toString("latin1", 0, head.indexOf(0x20)));
  if (isKnown && !line.some((byte) => byte > 0x7f)) return head;
  const [method = "", target = "", version = "", ...more] = line.toString("latin1").split(" ");
  if (more.length > 0 || !TOKEN.test(method) || !version.startsWith("HTTP/1.")) return head;
  (socket as FirstLineHolder)[FIRST_LINE] = { method, target };
  const sent = target.replace(/[\x80-\xff]/g, (char) => `%${char.charCodeAt(0).toString(16)}`);
  const replaced = `${isKnown ? method : PARSED_METHOD} ${sent} ${version}`;
  return Buffer.concat([Buffer.from(replaced, "latin1"), head.subarray(line.length)]);
}

/** Whether more bytes are needed to judge the first line. Bytes that are not HTTP, for example of TLS, need none. */
function isLineIncomplete(head: Buffer): boolean {
  if (head.length >= LONGEST_LINE || head.includes(0x0a)) return false;
  const [method = ""] = head.toString("latin1").split(" ", 1);
  return TOKEN.test(method);
}

export interface SnifferParts {
  readonly toH1: (socket: Socket) => void;
  readonly toH2: (socket: Socket) => void;
  /** Closes a connection whose first line is incomplete after this time. 0: unlimited. */
  readonly limitMs: number;
}

export class ProtocolSniffer {
  readonly #parts: SnifferParts;
  /** The connections whose first line is incomplete, each with the time of its last bytes. */
  readonly #incomplete = new Map<Socket, number>();

  constructor(parts: SnifferParts) {
    this.#parts = parts;
  }

  take(socket: Socket): void {
    this.#incomplete.set(socket, performance.now());
    let held: Buffer | undefined;
    // As Go, replies to an incomplete request line.
    const end = (): void => void (held === undefined ? drop() : socket.end(rawRefusal(undefined), "latin1"));
    const drop = (): void => void socket.destroy();
    const leave = (): void => {
      this.#incomplete.delete(socket);
      socket.off("readable", look).off("end", end).off("close", leave);
      clearTimeout(timer);
    };
    const look = (): void => {
      const bytes = socket.read() as Buffer | null;
      if (bytes === null) return;
      held = held === undefined ? bytes : Buffer.concat([held, bytes]);
      const shown = Math.min(held.length, PREFACE.length);
      const h2 = held.compare(PREFACE, 0, shown, 0, shown) === 0;
      if (h2 ? shown < PREFACE.length : isLineIncomplete(held)) {
        this.#incomplete.set(socket, performance.now());
        return;
      }
      leave();
      socket.unshift(h2 ? held : replaceFirstLine(socket, held));
      (h2 ? this.#parts.toH2 : this.#parts.toH1)(socket);
    };
    const { limitMs } = this.#parts;
    const timer = limitMs > 0 ? setTimeout(drop, limitMs) : undefined;
    socket.on("readable", look).on("end", end).on("close", leave);
  }

  /** Closes connections whose first line is incomplete and that have sent nothing for `silentMs`. */
  close(silentMs: number): void {
    const latest = performance.now() - silentMs;
    for (const [socket, at] of this.#incomplete) if (at <= latest) socket.destroy();
  }
}
