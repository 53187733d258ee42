// One raw client connection of a recorded conversation. It records bytes, ends and times, and never closes by itself.
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectH2,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from "node:http2";
import { connect, type Socket } from "node:net";
import { sortedPairs } from "./h2-app.ts";
import { MessageReader, type ReadMessage } from "./message-reader.ts";
import { bytesOf, type Data, LOOPBACK, Watch } from "./script.ts";

interface RawClientResult extends Readonly<Record<string, unknown>> {
  /** Milliseconds from the start to each final reply. */
  readonly times: readonly number[];
  readonly endAt: number | undefined;
}

export class RawClient {
  readonly reader: MessageReader;
  readonly watch = new Watch();
  end: "open" | "fin" | "rst" | "refused" | "self" = "open";
  endAt: number | undefined;
  received = "";
  readonly #socket: Socket;
  readonly #startedAt = Date.now();
  #finals = 0;
  #awaited = 0;

  constructor(port: number, heads: readonly number[]) {
    let index = -1;
    this.reader = new MessageReader({
      framingOf: (message) => {
        const status = statusOf(message);
        if (status < 200 && status !== 101) return "none";
        index += 1;
        if (status === 101) return "tunnel";
        return heads.includes(index) || status === 204 || status === 304 ? "none" : undefined;
      },
      onComplete: (message) => {
        if (statusOf(message) >= 200 || statusOf(message) === 101) this.#finals += 1;
      },
    });
    this.#socket = connect({ host: LOOPBACK, port, allowHalfOpen: true, noDelay: true });
    this.#socket.on("data", (bytes: Buffer) => {
      this.received += bytes.toString("latin1");
      this.reader.push(bytes);
      this.watch.notify();
    });
    this.#socket.on("end", () => this.#ended("fin"));
    this.#socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") return;
      this.#ended(error.code === "ECONNREFUSED" ? "refused" : "rst");
    });
    this.#socket.on("close", () => this.#ended("rst"));
  }

  send(data: Data): void {
    if (!this.#socket.destroyed) this.#socket.write(bytesOf(data));
  }

  /** Waits for n further final replies. */
  async recv(n: number, ms: number): Promise<void> {
    this.#awaited += n;
    await this.watch.until(() => this.#finals >= this.#awaited || this.end !== "open", ms);
  }

  recvText(text: string, ms: number): Promise<void> {
    return this.watch.until(() => this.received.includes(text) || this.end !== "open", ms);
  }

  untilEnded(ms: number): Promise<void> {
    return this.watch.until(() => this.end !== "open", ms);
  }

  finish(how: "fin" | "close" | "rst"): void {
    if (how === "fin") {
      this.#socket.end();
      return;
    }
    if (this.end === "open") this.end = "self";
    if (how === "rst") this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  result(): RawClientResult {
    const finals = this.reader.messages.filter((message) => statusOf(message) >= 200 || statusOf(message) === 101);
    return {
      responses: this.reader.messages.map(replyOf),
      end: this.end,
      tunnel: this.reader.tunnel ?? "",
      rest: this.reader.rest,
      times: finals.flatMap((message) => (message.at === undefined ? [] : [message.at - this.#startedAt])),
      endAt: this.endAt === undefined ? undefined : this.endAt - this.#startedAt,
    };
  }

  #ended(how: "fin" | "rst" | "refused"): void {
    if (this.end !== "open") return;
    this.end = how;
    this.endAt = Date.now();
    if (how === "fin") this.reader.end();
    this.watch.notify();
  }
}

function statusOf(message: ReadMessage): number {
  return Number(message.line.split(" ")[1]);
}

function replyOf(message: ReadMessage): Record<string, unknown> {
  const [version = "", status = "", ...reason] = message.line.split(" ");
  return {
    v: version.replace("HTTP/", ""),
    status: Number(status),
    reason: reason.join(" "),
    headers: message.headers,
    framing: message.framing,
    body: message.body,
    trailers: message.trailers,
    complete: message.complete,
  };
}

interface StreamRecord {
  readonly stream: ClientHttp2Stream;
  info: [string, string][][];
  headers: [string, string][] | null;
  data: string;
  trailers: [string, string][] | undefined;
  ended: boolean;
  reset: number | null;
}

export class H2Client {
  readonly watch = new Watch();
  readonly #session: ClientHttp2Session;
  readonly #streams: StreamRecord[] = [];
  #end = "open";

  constructor(port: number) {
    this.#session = connectH2(`http://${LOOPBACK}:${port}`);
    this.#session.on("error", () => {});
    this.#session.on("close", () => {
      this.#end = "fin";
      this.watch.notify();
    });
  }

  open(step: Readonly<Record<string, unknown>>): void {
    const headers = step["headers"] as OutgoingHttpHeaders;
    const trailers = step["trailers"] as OutgoingHttpHeaders | undefined;
    const stream = this.#session.request(headers, {
      endStream: step["endStream"] === true,
      waitForTrailers: trailers !== undefined,
    });
    const record: StreamRecord = {
      stream,
      info: [],
      headers: null,
      data: "",
      trailers: undefined,
      ended: false,
      reset: null,
    };
    this.#streams.push(record);
    const note = (change: () => void) => (): void => {
      change();
      this.watch.notify();
    };
    stream.on("headers", (info: IncomingHttpHeaders) => note(() => record.info.push(sortedPairs(info)))());
    stream.on("response", (info) =>
      note(() => {
        record.headers = sortedPairs(info);
      })(),
    );
    stream.on("data", (bytes: Buffer) =>
      note(() => {
        record.data += bytes.toString("latin1");
      })(),
    );
    stream.on("trailers", (info) =>
      note(() => {
        record.trailers = sortedPairs(info);
      })(),
    );
    stream.on(
      "end",
      note(() => {
        record.ended = stream.rstCode === 0 && record.headers !== null;
      }),
    );
    stream.on("error", () => {});
    stream.on(
      "close",
      note(() => {
        record.reset = stream.rstCode ?? null;
        if (stream.rstCode !== 0) record.ended = false;
      }),
    );
    if (trailers !== undefined) stream.on("wantTrailers", () => stream.sendTrailers(trailers));
    if (step["data"] !== undefined) stream.write(bytesOf(step["data"] as Data));
    if (step["end"] === true) stream.end();
  }

  data(step: Readonly<Record<string, unknown>>): void {
    const record = this.#streams[step["i"] as number];
    if (step["data"] !== undefined) record?.stream.write(bytesOf(step["data"] as Data));
    if (step["end"] === true) record?.stream.end();
  }

  reset(i: number, code: number): void {
    if (code === 8) this.#streams[i]?.stream.destroy(new Error("reset by the script"));
    else this.#streams[i]?.stream.close(code);
  }

  wait(
    i: number,
    ms: number,
    holds: (record: { data: string; headers: unknown; closed: boolean }) => boolean,
  ): Promise<void> {
    return this.watch.until(() => {
      const record = this.#streams[i];
      return (
        record !== undefined && holds({ data: record.data, headers: record.headers, closed: record.stream.closed })
      );
    }, ms);
  }

  destroy(): void {
    this.#session.destroy();
  }

  result(): Record<string, unknown> {
    return {
      streams: this.#streams.map(({ stream: _stream, ...record }) => record),
      end: this.#end,
    };
  }
}
