// Keeps the HTTP/2 session to a container. Opens the session on first use, and opens a new one after it closes.
import { type ClientHttp2Session, connect } from "node:http2";
import type { Upstream } from "../http/forwarder.ts";

export interface SessionLease {
  readonly session: ClientHttp2Session;
  /** The session is new. */
  readonly fresh: boolean;
}

export class H2cSessions {
  readonly authority: string;
  #current: ClientHttp2Session | undefined;
  readonly #all = new Set<ClientHttp2Session>();
  #closed = false;

  constructor(upstream: Upstream) {
    this.authority = `${upstream.host}:${upstream.port}`;
  }

  /** Returns a session that accepts streams; undefined after {@link close}. */
  take(): SessionLease | undefined {
    if (this.#closed) return undefined;
    const current = this.#current;
    if (current !== undefined && !current.closed && !current.destroyed) return { session: current, fresh: false };
    const session = connect(`http://${this.authority}`, {
      settings: { enablePush: false, initialWindowSize: 1 << 20 },
    });
    session.on("connect", () => {
      if (!session.destroyed) session.setLocalWindowSize(1 << 20);
    });
    session.on("error", () => this.#drop(session));
    session.on("goaway", () => this.#drop(session));
    session.on("close", () => {
      this.#drop(session);
      this.#all.delete(session);
    });
    this.#all.add(session);
    this.#current = session;
    return { session, fresh: true };
  }

  /** Closes all sessions after their streams have ended. */
  close(): void {
    this.#closed = true;
    for (const session of this.#all) session.close();
  }

  #drop(session: ClientHttp2Session): void {
    if (this.#current === session) this.#current = undefined;
  }
}
