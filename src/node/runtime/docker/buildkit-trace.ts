// What BuildKit tells of a build, in lines for people: its trace is protobuf (moby.buildkit.v1.StatusResponse) in base64. Reads only the few
// fields that are shown, and never fails: what it cannot read it leaves out.

/** Field numbers of BuildKit's messages. */
const STATUS = { vertexes: 1, logs: 3, warnings: 4 };
const VERTEX = { digest: 1, name: 3, cached: 4, started: 5, completed: 6 };
const LOG = { vertex: 1, stream: 3, message: 4 };
const WARNING = { short: 3 };

/** One build's trace: steps as they start, and what they print. */
export class BuildTrace {
  readonly #named = new Set<string>();
  /** What a step has printed since its last newline, on each of its streams. */
  readonly #pending = new Map<string, Map<number, Buffer>>();

  /** The lines that one message of the stream adds. */
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
    const rest = this.#pending.get(digest)?.values() ?? [];
    this.#pending.delete(digest);
    return [...lines, ...shown([...rest])];
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

/** A line that was written over itself (a progress bar) shows as it was at last; empty ones are left out. */
function shown(lines: readonly Buffer[]): readonly string[] {
  return lines.flatMap((line) => {
    const text = line.toString("utf8").trimEnd();
    const last = text.slice(text.lastIndexOf("\r") + 1);
    return last === "" ? [] : [last];
  });
}

interface Field {
  readonly number: number;
  /** A number of more than 53 bits loses its end; none that is read here has as many. */
  readonly value: number | Buffer;
}

const bytesOf = (message: Buffer, wanted: number): Buffer => {
  const found = fieldsOf(message).find(({ number }) => number === wanted)?.value;
  return typeof found === "object" ? found : Buffer.alloc(0);
};
const textOf = (message: Buffer, wanted: number): string => bytesOf(message, wanted).toString("utf8");

/** Widths of protobuf's wire types that have a fixed one. */
const FIXED: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

/** The fields of a protobuf message, in their order; what follows a field that is cut off or of an unknown type is left out. */
function fieldsOf(message: Buffer): readonly Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; at < message.length; scale *= 128) {
      const byte = message[at++] ?? 0;
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
    return Number.NaN;
  };
  while (at < message.length) {
    const tag = varint();
    const type = tag % 8;
    const size = type === 0 ? 0 : (FIXED[type] ?? (type === 2 ? varint() : Number.NaN));
    const value = type === 0 ? varint() : message.subarray(at, at + size);
    at += size;
    // Also when the sum is no number.
    if (!(at <= message.length)) break;
    fields.push({ number: Math.floor(tag / 8), value });
  }
  return fields;
}
