// Detects HTTP/2 by the first bytes of a connection, puts the bytes back and passes the socket on.
import type { Socket } from "node:net";

/** The first bytes of every HTTP/2 connection. No HTTP/1 request starts with them. */
const PREFACE = Buffer.from("PRI * HTTP/2.0");

const ESCAPED = Symbol("escaped target");

/** The first target of a connection, as received and as passed to the parser. */
export interface EscapedTarget {
  readonly raw: string;
  readonly sent: string;
}

/** Defined if the connection's first target contains bytes that Node's parser rejects and Go accepts. */
export function escapedTarget(socket: object): EscapedTarget | undefined {
  return (socket as { [ESCAPED]?: EscapedTarget })[ESCAPED];
}

/** Escapes bytes above 0x7f in the first target, because Node's parser rejects them. */
function escapeFirstTarget(socket: object, head: Buffer): Buffer {
  const end = head.indexOf(0x0a);
  const line = end === -1 ? head : head.subarray(0, end);
  if (!line.some((byte) => byte > 0x7f)) return head;
  const [method = "", raw = "", version = "", ...more] = line.toString("latin1").split(" ");
  if (more.length > 0) return head;
  const sent = raw.replace(/[\x80-\xff]/g, (char) => `%${char.charCodeAt(0).toString(16)}`);
  (socket as { [ESCAPED]?: EscapedTarget })[ESCAPED] = { raw, sent };
  return Buffer.concat([Buffer.from(`${method} ${sent} ${version}`, "latin1"), head.subarray(line.length)]);
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
      socket.unshift(h2 ? held : escapeFirstTarget(socket, held));
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
