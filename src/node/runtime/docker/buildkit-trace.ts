// Converts BuildKit's trace of a build (protobuf moby.buildkit.v1.StatusResponse in base64) to lines of text.
import { type ProtobufField, readMessage } from "../../../base/protobuf.ts";
import type { BuildStep } from "../build-request.ts";

/** Field numbers of BuildKit's messages. */
const STATUS = { vertexes: 1, logs: 3, warnings: 4 };
const VERTEX = { digest: 1, name: 3, cached: 4, started: 5, completed: 6, error: 7 };
const LOG = { vertex: 1, stream: 3, message: 4 };
const WARNING = { short: 3 };
const TIME = { seconds: 1, nanos: 2 };

/** A step that took at least this long gets a line when it ends. */
const LONG_STEP_MS = 1000;

/**
 * Reads the trace of one build, and calls `onStep` as steps start and end. Yields a line when a step starts and when a
 * long step ends, and the output of the steps.
 */
export class BuildTrace {
  readonly #onStep: (step: BuildStep) => void;
  readonly #named = new Set<string>();
  /** Unfinished output lines, by digest of the step and number of the stream. */
  readonly #pending = new Map<string, Map<number, Buffer>>();
  /** The name of the step whose error ends the build. */
  failedStep: string | undefined;

  constructor(onStep: (step: BuildStep) => void = () => {}) {
    this.#onStep = onStep;
  }

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
    const isCached = has(VERTEX.cached);
    const lines: string[] = [];
    if (name !== "" && has(VERTEX.started) && !this.#named.has(digest)) {
      this.#named.add(digest);
      this.#onStep({ name, state: isCached ? "cached" : "started" });
      lines.push(isCached ? `CACHED ${name}` : name);
    }
    if (!has(VERTEX.completed)) return lines;
    const unfinished = this.#pending.get(digest)?.values() ?? [];
    this.#pending.delete(digest);
    lines.push(...shown([...unfinished]));
    const error = textOf(vertex, VERTEX.error);
    // The steps that run beside the failed one are cancelled.
    if (error !== "" && !/context cancell?ed/i.test(error)) this.failedStep ??= name;
    if (error !== "" || !this.#named.has(digest)) return lines;
    // A step can start before BuildKit finds it in the cache.
    this.#onStep({ name, state: isCached ? "cached" : "done" });
    if (isCached) return lines;
    const tookMs = timeOf(vertex, VERTEX.completed) - timeOf(vertex, VERTEX.started);
    return tookMs < LONG_STEP_MS ? lines : [...lines, `DONE ${name} (${(tookMs / 1000).toFixed(1)} s)`];
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
/** ms since the epoch. */
const timeOf = (message: Buffer, wanted: number): number => {
  const time = fieldsOf(bytesOf(message, wanted));
  const part = (field: number): number => Number(time.find(({ number }) => number === field)?.value ?? 0);
  return part(TIME.seconds) * 1000 + part(TIME.nanos) / 1e6;
};
