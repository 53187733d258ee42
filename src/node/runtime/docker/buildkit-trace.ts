// Converts BuildKit's trace of a build (protobuf moby.buildkit.v1.StatusResponse in base64) to lines of text.
import { type ProtobufField, readMessage } from "../../../base/protobuf.ts";

/** Field numbers of BuildKit's messages. */
const STATUS = { vertexes: 1, logs: 3, warnings: 4 };
const VERTEX = { digest: 1, name: 3, cached: 4, started: 5, completed: 6 };
const LOG = { vertex: 1, stream: 3, message: 4 };
const WARNING = { short: 3 };

/** Reads the trace of one build. Yields a line when a step starts, and the output of the steps. */
export class BuildTrace {
  readonly #named = new Set<string>();
  /** Unfinished output lines, by digest of the step and number of the stream. */
  readonly #pending = new Map<string, Map<number, Buffer>>();

  /** Returns the lines that one message of the stream adds. */
  read(base64: string): readonly string[] {
    const lines: string[] = [];
    for (const { number, value } of fieldsOf(Buffer.from(base64, "base64"))) {
      if (typeof value === "number") continue;
      if (number === STATUS.vertexes) lines.push(...this.#readVertex(value));
      if (number === STATUS.logs) lines.push(...this.#readLog(value));
      if (number === STATUS.warnings) lines.push(`WARNING: ${textOf(value, WARNING.short)}`);
    }
    return lines;
  }

  #readVertex(vertex: Buffer): readonly string[] {
    const digest = textOf(vertex, VERTEX.digest);
    const name = textOf(vertex, VERTEX.name);
    const has = (wanted: number): boolean => fieldsOf(vertex).some(({ number }) => number === wanted);
    const lines: string[] = [];
    if (name !== "" && has(VERTEX.started) && !this.#named.has(digest)) {
      this.#named.add(digest);
      lines.push(has(VERTEX.cached) ? `CACHED ${name}` : name);
    }
    if (!has(VERTEX.completed)) return lines;
    const unfinished = this.#pending.get(digest)?.values() ?? [];
    this.#pending.delete(digest);
    return [...lines, ...shown([...unfinished])];
  }

  #readLog(log: Buffer): readonly string[] {
    const digest = textOf(log, LOG.vertex);
    const stream = fieldsOf(log).find(({ number }) => number === LOG.stream)?.value;
    const streams = this.#pending.get(digest) ?? new Map<number, Buffer>();
    const bytes = Buffer.concat([streams.get(Number(stream)) ?? Buffer.alloc(0), bytesOf(log, LOG.message)]);
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      lines.push(bytes.subarray(start, end));
      start = end + 1;
    }
    this.#pending.set(digest, streams.set(Number(stream), bytes.subarray(start)));
    return shown(lines);
  }
}

const NEWLINE = 0x0a;

/** Returns only the last state of a line that overwrites itself (a progress bar), and leaves out empty lines. */
function shown(lines: readonly Buffer[]): readonly string[] {
  return lines.flatMap((line) => {
    const text = line.toString("utf8").trimEnd();
    const last = text.slice(text.lastIndexOf("\r") + 1);
    return last === "" ? [] : [last];
  });
}

/** Returns the fields that can be read, because an unreadable message must not fail the build. */
const fieldsOf = (message: Buffer): readonly ProtobufField[] => readMessage(message).fields;
const bytesOf = (message: Buffer, wanted: number): Buffer => {
  const found = fieldsOf(message).find(({ number }) => number === wanted)?.value;
  return typeof found === "object" ? found : Buffer.alloc(0);
};
const textOf = (message: Buffer, wanted: number): string => bytesOf(message, wanted).toString("utf8");
