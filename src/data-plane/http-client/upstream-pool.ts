// Keeps HTTP/1.1 connections to one container and dials new ones with Knative's retries.
import type { Upstream } from "../http/forwarder.ts";
import { type ConnectionOwner, UpstreamConnection } from "./upstream-connection.ts";

/** A request that needs a connection. {@link UpstreamPool.take} may call a method before it returns. */
export interface ConnectionWaiter {
  onConnection(connection: UpstreamConnection): void;
  onDialFailed(code: string, message: string): void;
}

export interface PoolOptions {
  /** Maximum number of idle connections: containerConcurrency, or 1000. */
  readonly maxIdle: number;
}

/** `pkg/network/transports.go`: a slow connect is retried up to 15 times, each time with a 1.4 times longer timeout. */
const FIRST_DIAL_MS = 50;
const DIAL_FACTOR = 1.4;
const DIAL_RETRIES = 15;
const DIAL_PAUSE_MS = 45;
const IDLE_LIMIT_MS = 90_000;
/** A process that ends can still accept a connection, but closes it within this time. */
const STAYS_OPEN_MS = 50;

interface Dial {
  readonly waiter: ConnectionWaiter;
  readonly startedAt: number;
  attempt: number;
  timer: NodeJS.Timeout | undefined;
}

export class UpstreamPool implements ConnectionOwner {
  readonly host: string;
  readonly port: number;
  readonly #maxIdle: number;
  readonly #idle: UpstreamConnection[] = [];
  readonly #dials = new Map<UpstreamConnection, Dial>();
  #sweeper: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(upstream: Upstream, options: PoolOptions) {
    this.host = upstream.host;
    this.port = upstream.port;
    this.#maxIdle = options.maxIdle;
  }

  /** Gives the waiter the most recently used idle connection, or dials. */
  take(waiter: ConnectionWaiter): void {
    for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) {
      if (last.reusable) {
        waiter.onConnection(last);
        return;
      }
      last.destroy();
    }
    this.#dial({ waiter, startedAt: performance.now(), attempt: 0, timer: undefined });
  }

  /** Dials the container and reports whether it accepts no connection. True without a dial if the pool is closed. */
  checkDown(done: (isDown: boolean) => void): void {
    const onConnection = (connection: UpstreamConnection): void => {
      let isDown = true;
      const timer = setTimeout(() => {
        isDown = false;
        connection.destroy();
      }, STAYS_OPEN_MS);
      connection.socket.once("close", () => {
        clearTimeout(timer);
        done(isDown);
      });
    };
    const waiter = { onConnection, onDialFailed: () => done(true) };
    this.#dial({ waiter, startedAt: performance.now(), attempt: 0, timer: undefined });
  }

  /** Returns a connection whose response is complete. */
  giveBack(connection: UpstreamConnection): void {
    connection.free();
    if (this.#closed || !connection.reusable || this.#idle.length >= this.#maxIdle) {
      connection.destroy();
      return;
    }
    connection.idleSince = performance.now();
    this.#idle.push(connection);
    this.#sweeper ??= setInterval(() => this.#sweep(), IDLE_LIMIT_MS / 3).unref();
  }

  forget(connection: UpstreamConnection, code: string, message: string): void {
    const at = this.#idle.indexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
    const dial = this.#dials.get(connection);
    if (dial === undefined) return;
    this.#dials.delete(connection);
    clearTimeout(dial.timer);
    dial.waiter.onDialFailed(code, message);
  }

  connected(connection: UpstreamConnection): void {
    const dial = this.#dials.get(connection);
    if (dial === undefined) return;
    this.#dials.delete(connection);
    clearTimeout(dial.timer);
    dial.waiter.onConnection(connection);
  }

  /** Closes idle connections and stops dialling. Busy connections end with their requests. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#sweeper);
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }

  #dial(dial: Dial): void {
    if (this.#closed) {
      dial.waiter.onDialFailed("ECLOSED", "the container is being stopped");
      return;
    }
    const connection = new UpstreamConnection(this);
    this.#dials.set(connection, dial);
    dial.timer = setTimeout(() => this.#onSlowDial(connection, dial), FIRST_DIAL_MS * DIAL_FACTOR ** dial.attempt);
  }

  #onSlowDial(connection: UpstreamConnection, dial: Dial): void {
    this.#dials.delete(connection);
    connection.destroy();
    if (dial.attempt >= DIAL_RETRIES || this.#closed) {
      const seconds = ((performance.now() - dial.startedAt) / 1000).toFixed(2);
      dial.waiter.onDialFailed("ETIMEDOUT", `timed out dialing ${this.host}:${this.port} after ${seconds}s`);
      return;
    }
    dial.attempt += 1;
    setTimeout(() => this.#dial(dial), DIAL_PAUSE_MS);
  }

  #sweep(): void {
    const oldest = performance.now() - IDLE_LIMIT_MS;
    while (this.#idle[0] !== undefined && this.#idle[0].idleSince < oldest) this.#idle.shift()?.destroy();
  }
}
