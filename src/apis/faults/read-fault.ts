// Reads and checks the settings of a fault, as the API and the CLI receive them. Pure.
import { type Nanoseconds, parseDuration } from "../../base/go/duration.ts";
import type { JsonFields } from "../../base/json.ts";
import { isNear } from "../../base/near.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import { type FaultKind, type FaultSpec, faultKinds, kindRow } from "./fault.ts";

const DEFAULT_SEED = 1;
const DEFAULT_DELAY = "1s";
const DEFAULT_STATUS = 500;
const HOUR = 3_600_000_000_000n;
/** A year. */
const LONGEST = 8760n * HOUR;
/** The clock takes a smaller jump for a correction by NTP. */
const LEAST_JUMP = 2_000_000_000n;
const HOST = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/;

/**
 * Returns the fault with all defaults, or every mistake in one text that names the fields. Fields: `kind`, `service` or
 * `revision`, `namespace`, `seed`, `percent`, `count`, `duration`, and those of the kind.
 */
export function readFault(fields: JsonFields): Result<FaultSpec> {
  const kind = readKind(fields["kind"]);
  if (!kind.ok) return kind;
  const reader = new FieldReader(fields, kind.value);
  const { takes = [], on, percent = 100 } = kindRow(kind.value);
  if (on === undefined)
    return reader.finish({ kind: kind.value, namespace: "", seed: DEFAULT_SEED, percent, by: reader.jump() });
  return reader.finish({
    kind: kind.value,
    ...reader.target(),
    seed: reader.whole("seed", 0, 2 ** 32 - 1) ?? DEFAULT_SEED,
    percent: reader.percent() ?? percent,
    count: reader.whole("count", 1, Number.MAX_SAFE_INTEGER),
    duration: reader.duration("duration", LONGEST),
    delay: takes.includes("delay") ? (reader.duration("delay", HOUR) ?? DEFAULT_DELAY) : undefined,
    status: takes.includes("status") ? (reader.whole("status", 400, 599) ?? DEFAULT_STATUS) : undefined,
    host: takes.includes("host") ? reader.host() : undefined,
  });
}

function readKind(kind: unknown): Result<FaultKind> {
  const kinds = Object.keys(faultKinds) as FaultKind[];
  const known = kinds.find((each) => each === kind);
  if (known !== undefined) return ok(known);
  const near = kinds.find((each) => typeof kind === "string" && isNear(each, kind));
  const hint = near === undefined ? "" : ` (did you mean ${near}?)`;
  return failed(`kind: ${shown(kind)} is not a kind of fault${hint}; kinds are ${kinds.join(", ")}`);
}

/** Reads fields once each. Mistakes gather until `finish`. */
class FieldReader {
  readonly #fields: JsonFields;
  readonly #kind: FaultKind;
  readonly #mistakes: string[] = [];
  readonly #read = new Set<string>(["kind"]);

  constructor(fields: JsonFields, kind: FaultKind) {
    this.#fields = fields;
    this.#kind = kind;
  }

  text(name: string): string | undefined {
    return this.#take(name, "a text", (value) => (typeof value === "string" && value !== "" ? value : undefined));
  }

  whole(name: string, least: number, most: number): number | undefined {
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    return this.#take(name, `a whole number ${range}`, (value) =>
      Number.isInteger(value) && Number(value) >= least && Number(value) <= most ? Number(value) : undefined,
    );
  }

  percent(): number | undefined {
    return this.#take("percent", "a number above 0, at most 100", (value) =>
      typeof value === "number" && value > 0 && value <= 100 ? value : undefined,
    );
  }

  duration(name: string, most: Nanoseconds): string | undefined {
    const expected = `a duration such as 500ms, 10s or 1m30s, above 0, at most ${most / HOUR}h`;
    return this.#take(name, expected, (value) => {
      const size = nanoseconds(value);
      return size !== undefined && size > 0n && size <= most ? String(value) : undefined;
    });
  }

  jump(): string | undefined {
    this.#need("by");
    return this.#take("by", "a duration of 2s to 8760h, such as 1h or -10m", (value) => {
      const size = nanoseconds(value) ?? 0n;
      const length = size < 0n ? -size : size;
      return length >= LEAST_JUMP && length <= LONGEST ? String(value) : undefined;
    });
  }

  host(): string | undefined {
    this.#need("host");
    return this.#take("host", "a DNS name such as db.example.com", (value) => {
      const name = typeof value === "string" ? value.toLowerCase().replace(/\.$/, "") : "";
      return HOST.test(name) ? name : undefined;
    });
  }

  target(): Pick<FaultSpec, "namespace" | "service" | "revision"> {
    const namespace = this.text("namespace") ?? "default";
    const service = this.text("service");
    const revision = this.text("revision");
    const isGiven = this.#fields["service"] !== undefined || this.#fields["revision"] !== undefined;
    if (!isGiven) this.#mistakes.push("name a service or a revision");
    if (service !== undefined && revision !== undefined) this.#mistakes.push("name a service or a revision, not both");
    return { namespace, service, revision };
  }

  finish(spec: FaultSpec): Result<FaultSpec> {
    const names = Object.keys(this.#fields).filter((name) => this.#fields[name] !== undefined);
    const unknown = names.filter((name) => !this.#read.has(name));
    const allowed = [...this.#read].filter((name) => name !== "kind").join(", ");
    if (unknown.length > 0) this.#mistakes.push(`${this.#kind} takes no ${unknown.join(", ")}; it takes ${allowed}`);
    return this.#mistakes.length > 0 ? failed(this.#mistakes.join("; ")) : ok(spec);
  }

  #need(name: string): void {
    if (this.#fields[name] === undefined) this.#mistakes.push(`${name}: ${this.#kind} needs it`);
  }

  #take<T>(name: string, expected: string, read: (value: unknown) => T | undefined): T | undefined {
    this.#read.add(name);
    const value = this.#fields[name];
    if (value === undefined) return undefined;
    const taken = read(value);
    if (taken === undefined) this.#mistakes.push(`${name}: ${shown(value)} is not ${expected}`);
    return taken;
  }
}

function nanoseconds(value: unknown): Nanoseconds | undefined {
  const parsed = typeof value === "string" ? parseDuration(value) : undefined;
  return parsed?.ok ? parsed.value : undefined;
}

function shown(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}
