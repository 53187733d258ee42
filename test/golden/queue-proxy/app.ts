// The scripted application behind the proxy: raw HTTP/1 over TCP. It sends exactly what its script says and records
// what it receives.

import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import { MessageReader, type ReadMessage } from "./message-reader.ts";
import { type AppStep, bytesOf, type Data, LOOPBACK, pause, type Rule, type UpstreamScript, Watch } from "./script.ts";

export interface SeenRequest {
  readonly method: string;
  readonly target: string;
  readonly v: string;
  readonly headers: [string, string][];
  framing: string;
  body: string;
  trailers: [string, string][];
  complete: boolean;
  readonly conn: number;
}

export interface App {
  readonly port: number;
  readonly watch: Watch;
  requests(): SeenRequest[];
  conns(): { end: string; tunnel: string }[];
  openGate(name: string): void;
  listen(): Promise<void>;
  stopListening(): Promise<void>;
  close(): Promise<void>;
}

/** Rules in order. Each is used once unless it repeats; after the last rule the reply is "200 ok". */
export class RuleBook {
  readonly #rules: readonly Rule[];
  readonly #used = new Set<Rule>();

  constructor(rules: readonly Rule[]) {
    this.#rules = rules;
  }

  take(target: string): Rule | undefined {
    const rule = this.#rules.find(
      (candidate) => !this.#used.has(candidate) && (candidate.match === undefined || target.includes(candidate.match)),
    );
    if (rule !== undefined && !rule.repeat) this.#used.add(rule);
    return rule;
  }
}

export class Gates {
  readonly #open = new Set<string>();
  readonly #watch = new Watch();

  raise(name: string): void {
    this.#open.add(name);
    this.#watch.notify();
  }

  pass(name: string): Promise<void> {
    return this.#watch.until(() => this.#open.has(name), 60_000);
  }
}

const DEFAULT_STEPS: readonly AppStep[] = [
  { send: "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok" },
];

export class Http1App implements App {
  port = 0;
  readonly watch = new Watch();
  readonly #script: UpstreamScript;
  readonly #rules: RuleBook;
  readonly #gates = new Gates();
  readonly #connections: AppConnection[] = [];
  #server: Server | undefined;

  constructor(script: UpstreamScript) {
    this.#script = script;
    this.#rules = new RuleBook(script.rules ?? []);
  }

  async listen(): Promise<void> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.#connections.push(
        new AppConnection({ socket, app: this, gates: this.#gates, rules: this.#rules, script: this.#script }),
      );
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.port, LOOPBACK, resolve));
    this.port = (server.address() as AddressInfo).port;
  }

  async stopListening(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    server?.close();
    await pause(0);
  }

  requests(): SeenRequest[] {
    return this.#seen()
      .flatMap((connection, conn) => connection.requests(conn))
      .sort((a, b) => a.order - b.order);
  }

  conns(): { end: string; tunnel: string }[] {
    return this.#seen().map((connection) => ({ end: connection.end, tunnel: connection.reader.tunnel ?? "" }));
  }

  openGate(name: string): void {
    this.#gates.raise(name);
  }

  async close(): Promise<void> {
    await this.stopListening();
    for (const connection of this.#connections) connection.socket.destroy();
  }

  /** A connection without bytes was a readiness probe. */
  #seen(): AppConnection[] {
    return this.#connections.filter((connection) => connection.heard);
  }
}

interface ConnectionParts {
  readonly socket: Socket;
  readonly app: Http1App;
  readonly gates: Gates;
  readonly rules: RuleBook;
  readonly script: UpstreamScript;
}

let order = 0;

class AppConnection {
  readonly socket: Socket;
  readonly reader: MessageReader;
  end = "open";
  heard = false;
  readonly #parts: ConnectionParts;
  readonly #orders = new Map<ReadMessage, number>();
  readonly #changed = new Watch();
  #tunnelled = false;
  #echoing = false;
  #self = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.socket = parts.socket;
    this.reader = new MessageReader({
      framingOf: () => undefined,
      onHead: (message) => this.#onHead(message),
      onBody: () => this.#notify(),
      onComplete: (message) => this.#onComplete(message),
    });
    const { socket } = this;
    socket.on("data", (bytes: Buffer) => {
      this.heard = true;
      const before = this.reader.tunnel?.length ?? 0;
      this.reader.push(bytes);
      if (this.#echoing) socket.write(Buffer.from((this.reader.tunnel ?? "").slice(before), "latin1"));
      this.#notify();
    });
    socket.on("end", () => this.#ended("fin"));
    socket.on("error", () => this.#ended("rst"));
    socket.on("close", () => this.#ended("fin"));
    if (parts.script.everyConnect !== undefined) void this.#run(parts.script.everyConnect, undefined);
  }

  requests(conn: number): (SeenRequest & { order: number })[] {
    return this.reader.messages.map((message) => {
      const [method = "", target = "", version = ""] = splitLine(message.line);
      return {
        method,
        target,
        v: version.replace("HTTP/", ""),
        headers: message.headers,
        framing: message.framing ?? "none",
        body: message.body,
        trailers: message.trailers,
        complete: message.complete,
        conn,
        order: this.#orders.get(message) ?? 0,
      };
    });
  }

  #notify(): void {
    this.#changed.notify();
    this.#parts.app.watch.notify();
  }

  #ended(how: string): void {
    if (this.end === "open") this.end = this.#self ? "self" : how;
    this.reader.end();
    if (!this.#tunnelled || how === "rst") this.socket.end();
    this.#notify();
  }

  #onHead(message: ReadMessage): void {
    order += 1;
    this.#orders.set(message, order);
    const rule = this.#parts.rules.take(splitLine(message.line)[1] ?? "");
    this.reader.hold();
    this.#tunnelled = rule?.tunnel === true;
    this.#notify();
    const start = async (): Promise<void> => {
      if (rule?.on !== "head") await this.#changed.until(() => message.complete || this.socket.destroyed, 60_000);
      await this.#run(rule?.steps ?? DEFAULT_STEPS, message);
      if (!this.#tunnelled) this.reader.release();
    };
    void start();
  }

  #onComplete(_message: ReadMessage): void {
    if (this.#tunnelled && this.reader.tunnel === undefined) {
      this.reader.tunnel = this.reader.rest;
      this.reader.rest = "";
    }
    this.#notify();
  }

  async #run(steps: readonly AppStep[], message: ReadMessage | undefined): Promise<void> {
    for (const step of steps) {
      if (this.socket.destroyed) return;
      await this.#step(step, message);
    }
  }

  async #step(step: AppStep, message: ReadMessage | undefined): Promise<void> {
    const { socket } = this;
    const changed = this.#changed;
    const isClosed = (): boolean => socket.destroyed || this.end !== "open";
    if ("send" in step) socket.write(bytesOf(step["send"] as Data));
    else if ("sleep" in step) await pause(step["sleep"] as number);
    else if ("gate" in step) await this.#parts.gates.pass(step["gate"] as string);
    else if ("body" in step) await changed.until(() => isClosed() || message?.complete === true, 60_000);
    else if ("bodyBytes" in step) {
      await changed.until(() => isClosed() || (message?.body.length ?? 0) >= (step["bodyBytes"] as number), 60_000);
    } else if ("await" in step) {
      await changed.until(() => isClosed() || (this.reader.tunnel ?? "").includes(step["await"] as string), 60_000);
    } else if ("echo" in step) {
      this.#echoing = true;
      if (this.reader.tunnel) socket.write(Buffer.from(this.reader.tunnel, "latin1"));
    } else {
      this.#self = true;
      if ("fin" in step) socket.end();
      else if ("close" in step)
        await new Promise<void>((resolve) => socket.end(() => resolve(void socket.destroySoon())));
      else if ("rst" in step) socket.resetAndDestroy();
    }
  }
}

function splitLine(line: string): string[] {
  const first = line.indexOf(" ");
  const last = line.lastIndexOf(" ");
  return [line.slice(0, first), line.slice(first + 1, last), line.slice(last + 1)];
}
