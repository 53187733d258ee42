// The scripted application over HTTP/2 prior knowledge.
import {
  createServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { type App, Gates, RuleBook, type SeenRequest } from "./app.ts";
import { type AppStep, bytesOf, type Data, LOOPBACK, pause, type UpstreamScript, Watch } from "./script.ts";

const DEFAULT_STEPS: readonly AppStep[] = [
  { respond: { ":status": 200, "content-type": "text/plain" } },
  { data: "ok" },
  { end: 1 },
];

export class Http2App implements App {
  port = 0;
  readonly watch = new Watch();
  readonly #seen: SeenRequest[] = [];
  readonly #sessions: ServerHttp2Session[] = [];
  readonly #gates = new Gates();
  readonly #rules: RuleBook;
  readonly #server = createServer();

  constructor(script: UpstreamScript) {
    this.#rules = new RuleBook(script.rules ?? []);
    this.#server.on("session", (session) => {
      this.#sessions.push(session);
      session.on("error", () => {});
    });
    this.#server.on("sessionError", () => {});
    this.#server.on("stream", (stream, headers, flags) => void this.#serve(stream, headers, flags));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.port, LOOPBACK, resolve));
    this.port = (this.#server.address() as AddressInfo).port;
  }

  async stopListening(): Promise<void> {
    this.#server.close();
    await pause(0);
  }

  requests(): SeenRequest[] {
    return this.#seen;
  }

  conns(): { end: string; tunnel: string }[] {
    return this.#sessions.map((session) => ({ end: session.closed ? "fin" : "open", tunnel: "" }));
  }

  openGate(name: string): void {
    this.#gates.raise(name);
  }

  async close(): Promise<void> {
    for (const session of this.#sessions) session.destroy();
    this.#server.close();
    await pause(0);
  }

  async #serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number): Promise<void> {
    const ended = (flags & 1) !== 0;
    const request: SeenRequest = {
      method: String(headers[":method"]),
      target: String(headers[":path"]),
      v: "2",
      headers: sortedPairs(headers),
      framing: ended ? "none" : "data",
      body: "",
      trailers: [],
      complete: ended,
      conn: this.#sessions.indexOf(stream.session as ServerHttp2Session),
    };
    this.#seen.push(request);
    const changed = new Watch();
    const notify = (): void => {
      changed.notify();
      this.watch.notify();
    };
    stream.on("error", () => {});
    stream.on("data", (bytes: Buffer) => {
      request.body += bytes.toString("latin1");
      notify();
    });
    stream.on("trailers", (trailers) => request.trailers.push(...sortedPairs(trailers)));
    stream.on("end", () => {
      request.complete = stream.rstCode === 0;
      notify();
    });
    stream.on("close", notify);
    notify();
    const rule = this.#rules.take(request.target);
    if (rule?.on !== "head") await changed.until(() => request.complete || stream.destroyed, 60_000);
    for (const step of rule?.steps ?? DEFAULT_STEPS) {
      if (stream.destroyed) return;
      await this.#step(step, stream, request, changed);
    }
  }

  async #step(step: AppStep, stream: ServerHttp2Stream, request: SeenRequest, changed: Watch): Promise<void> {
    if ("info" in step) stream.additionalHeaders(step["info"] as OutgoingHttpHeaders);
    else if ("respond" in step) {
      const trailers = step["trailersAfter"] as OutgoingHttpHeaders | undefined;
      const endStream = Boolean(step["endStream"]);
      stream.respond(step["respond"] as OutgoingHttpHeaders, { endStream, waitForTrailers: trailers !== undefined });
      if (trailers !== undefined) stream.on("wantTrailers", () => stream.sendTrailers(trailers));
    } else if ("data" in step) stream.write(bytesOf(step["data"] as Data));
    else if ("end" in step) stream.end();
    else if ("sleep" in step) await pause(step["sleep"] as number);
    else if ("gate" in step) await this.#gates.pass(step["gate"] as string);
    else if ("body" in step) await changed.until(() => request.complete || stream.destroyed, 60_000);
    else if ("bodyBytes" in step) {
      await changed.until(() => request.body.length >= (step["bodyBytes"] as number) || stream.destroyed, 60_000);
    } else if ("reset" in step) stream.destroy(new Error("reset by the script"));
    else if ("goaway" in step) stream.session?.goaway();
  }
}

/** Header lists are recorded sorted by name. */
export function sortedPairs(headers: IncomingHttpHeaders): [string, string][] {
  const pairs: [string, string][] = [];
  for (const [name, value] of Object.entries(headers)) {
    for (const one of Array.isArray(value) ? value : [value]) pairs.push([name, String(one)]);
  }
  return pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
