// Compares a played conversation with the recorded one by the "must" profile. Returns the differences as text.

import type { Played } from "./run-case.ts";
import { digested, LOOPBACK, type RecordedCase } from "./script.ts";

type Json = unknown;
type Pairs = readonly (readonly [string, Json])[];
type Fields = Readonly<Record<string, Json>>;

const NEAR_NOW_MS = 120_000;

/** `onTime`: the machine was fast enough for upper bounds of times to count. Lower bounds always count. */
export function differences(recorded: RecordedCase, played: Played, onTime: boolean): string[] {
  return new Comparison(recorded, played, onTime).run();
}

class Comparison {
  readonly #recorded: RecordedCase;
  readonly #played: Played;
  readonly #onTime: boolean;
  readonly #found: string[] = [];

  constructor(recorded: RecordedCase, played: Played, onTime: boolean) {
    this.#onTime = onTime;
    this.#recorded = recorded;
    this.#played = played;
  }

  run(): string[] {
    const { expect } = this.#recorded;
    for (const [name, client] of Object.entries((expect["client"] ?? {}) as Fields)) {
      this.#client(`client.${name}`, client as Fields, (this.#played.client[name] ?? {}) as Fields);
    }
    for (const [name, session] of Object.entries((expect["h2"] ?? {}) as Fields)) {
      this.#session(`h2.${name}`, session as Fields, (this.#played.h2[name] ?? {}) as Fields);
    }
    this.#upstream((expect["upstream"] ?? {}) as Fields);
    for (const [name, stat] of Object.entries((expect["stats"] ?? {}) as Fields)) this.#stat(name, stat as Fields);
    if ("exit" in expect) this.#same("exit", expect["exit"], this.#played.exit);
    if ("exitMs" in expect) this.#within("exitMs", expect["exitMs"], this.#played.exitMs);
    return this.#found;
  }

  #left(what: string): boolean {
    return this.#recorded.go?.includes(what) ?? false;
  }

  #client(at: string, expected: Fields, actual: Fields): void {
    const wanted = (expected["responses"] ?? []) as Fields[];
    const got = (actual["responses"] ?? []) as Fields[];
    if ("responses" in expected && wanted.length !== got.length) {
      this.#found.push(`${at}: ${got.length} replies (${got.map((reply) => reply["status"])}), not ${wanted.length}`);
    }
    for (const [index, reply] of wanted.entries()) this.#reply(`${at}[${index}]`, reply, got[index]);
    if ("end" in expected && !this.#left("end")) this.#end(`${at}.end`, expected["end"], actual["end"], wanted.at(-1));
    for (const key of ["tunnel", "rest"]) {
      if (key in expected) this.#same(`${at}.${key}`, expected[key], this.#text(String(actual[key] ?? "")));
    }
    ((expected["times"] ?? []) as Json[]).forEach((bounds, index) => {
      this.#within(`${at}.times[${index}]`, bounds, (actual["times"] as number[] | undefined)?.[index]);
    });
    if ("endAt" in expected) this.#within(`${at}.endAt`, expected["endAt"], actual["endAt"]);
  }

  #reply(at: string, expected: Fields, actual: Fields | undefined): void {
    if (actual === undefined) return;
    this.#same(`${at}.status`, expected["status"], actual["status"]);
    for (const key of ["framing", "complete"]) {
      if (key in expected) this.#same(`${at}.${key}`, expected[key], actual[key]);
    }
    const status = expected["status"] as number;
    const cut = this.#recorded.id.startsWith("errors/") && expected["complete"] === false;
    const own = this.#left("body") && (status >= 400 || cut);
    if ("body" in expected && !own)
      this.#same(`${at}.body`, expected["body"], this.#text(String(actual["body"] ?? "")));
    const skip = own ? ["date", "content-length"] : ["date"];
    if ("headers" in expected) this.#headers(`${at}.headers`, expected["headers"], actual["headers"], skip);
    if ("trailers" in expected) this.#headers(`${at}.trailers`, expected["trailers"], actual["trailers"]);
  }

  #end(at: string, expected: Json, actual: Json, last: Fields | undefined): void {
    const cut = expected === "fin" && actual === "rst" && (last === undefined || last["complete"] !== undefined);
    const closed = expected === "closed" && (actual === "fin" || actual === "rst");
    if (!cut && !closed) this.#same(at, expected, actual);
  }

  #session(at: string, expected: Fields, actual: Fields): void {
    const got = (actual["streams"] ?? []) as Fields[];
    ((expected["streams"] ?? []) as Fields[]).forEach((stream, index) => {
      const actualEntry = got[index] ?? {};
      const name = `${at}.streams[${index}]`;
      const status = Number(((stream["headers"] ?? []) as Pairs).find(([key]) => key === ":status")?.[1] ?? 0);
      const own = this.#left("body") && status >= 400;
      const skip = own ? ["date", "content-length"] : ["date"];
      if (stream["headers"] === null) this.#same(`${name}.headers`, null, actualEntry["headers"] ?? null);
      else this.#headers(`${name}.headers`, stream["headers"], actualEntry["headers"], skip);
      if ("info" in stream) this.#same(`${name}.info`, stream["info"], actualEntry["info"]);
      if ("data" in stream && !own)
        this.#same(`${name}.data`, stream["data"], this.#text(String(actualEntry["data"] ?? "")));
      if ("trailers" in stream) this.#headers(`${name}.trailers`, stream["trailers"], actualEntry["trailers"]);
      if ("ended" in stream) this.#same(`${name}.ended`, stream["ended"], actualEntry["ended"]);
      if ("reset" in stream && !this.#left("reset")) this.#same(`${name}.reset`, stream["reset"], actualEntry["reset"]);
    });
    if ("end" in expected) this.#same(`${at}.end`, expected["end"], actual["end"]);
  }

  #upstream(expected: Fields): void {
    const byTarget = (requests: Fields[]): Fields[] =>
      this.#recorded.unordered
        ? [...requests].sort((a, b) => (String(a["target"]) < String(b["target"]) ? -1 : 1))
        : requests;
    const got = byTarget(this.#played.upstream.requests as Fields[]);
    if ("requests" in expected) {
      const wanted = byTarget(expected["requests"] as Fields[]);
      if (wanted.length !== got.length) {
        this.#found.push(
          `upstream: ${got.length} requests (${got.map((request) => request["target"])}), not ${wanted.length}`,
        );
      }
      for (const [index, request] of wanted.entries()) this.#request(`upstream[${index}]`, request, got[index]);
      this.#freshConnections(wanted, got);
    }
    ((expected["conns"] ?? []) as Fields[]).forEach((conn, index) => {
      const actualEntry = (this.#played.upstream.conns as Fields[])[index] ?? {};
      const ended = (end: Json): Json => (end === "rst" ? "fin" : end);
      if ("end" in conn) this.#same(`conns[${index}].end`, ended(conn["end"]), ended(actualEntry["end"]));
      if ("tunnel" in conn)
        this.#same(`conns[${index}].tunnel`, conn["tunnel"], this.#text(String(actualEntry["tunnel"] ?? "")));
    });
  }

  #request(at: string, expected: Fields, actual: Fields | undefined): void {
    if (actual === undefined) return;
    this.#same(`${at}.method`, expected["method"], actual["method"]);
    this.#same(`${at}.target`, expected["target"], digested(String(actual["target"])));
    if ("framing" in expected) this.#same(`${at}.framing`, expected["framing"], actual["framing"]);
    if ("body" in expected) this.#same(`${at}.body`, expected["body"], this.#text(String(actual["body"] ?? "")));
    if ("complete" in expected) this.#same(`${at}.complete`, expected["complete"], actual["complete"]);
    this.#headers(`${at}.headers`, expected["headers"], actual["headers"]);
    if ("trailers" in expected) this.#headers(`${at}.trailers`, expected["trailers"], actual["trailers"]);
  }

  #freshConnections(wanted: Fields[], got: Fields[]): void {
    if (!/^errors\/(reuse-race|close-on-reuse)/.test(this.#recorded.id)) return;
    wanted.forEach((request, index) => {
      const before = wanted[index - 1];
      if (before === undefined || before["conn"] === request["conn"]) return;
      if (got[index - 1]?.["conn"] === got[index]?.["conn"])
        this.#found.push(`upstream[${index}]: on the old connection`);
    });
  }

  #stat(name: string, expected: Fields): void {
    const actual = (this.#played.stats[name] ?? {}) as Fields;
    for (const [key, want] of Object.entries(expected)) {
      const got = actual[key];
      if (typeof want === "object" && want !== null && "near" in want) {
        const { near, tol } = want as { near: number; tol: number };
        if (Math.abs(Number(got) - near) > tol) this.#found.push(`stats.${name}.${key}: ${got}, not ${near} ± ${tol}`);
      } else if (key !== "processUptime") this.#same(`stats.${name}.${key}`, want, got);
    }
    if (!(Number(actual["processUptime"]) > 0)) this.#found.push(`stats.${name}: no uptime`);
  }

  #headers(at: string, expected: Json, actual: Json, skip: readonly string[] = []): void {
    const wanted = this.#grouped(expected as Pairs, skip, (value) => value);
    const got = this.#grouped((actual ?? []) as Pairs, skip, (value) => this.#text(String(value)));
    for (const name of new Set([...wanted.keys(), ...got.keys()])) {
      this.#same(`${at} ${name}`, wanted.get(name), got.get(name));
    }
  }

  #grouped(pairs: Pairs, skip: readonly string[], read: (value: Json) => Json): Map<string, Json[]> {
    const groups = new Map<string, Json[]>();
    for (const [name, value] of pairs ?? []) {
      const lower = name.toLowerCase();
      if (!skip.includes(lower)) groups.set(lower, [...(groups.get(lower) ?? []), read(value)]);
    }
    for (const [name, split, join] of [
      ["trailer", /\s*,\s*/, ", "],
      ["baggage", /,/, ","],
    ] as const) {
      const values = groups.get(name);
      if (values === undefined) continue;
      groups.set(name, [
        values
          .join(",")
          .split(split)
          .map((one) => one.trim())
          .sort()
          .join(join),
      ]);
    }
    return groups;
  }

  /** Inserts placeholders and replaces long texts by digests. */
  #text(value: string): Json {
    const { app, main } = this.#played.ports;
    const at = Date.parse(value);
    if (/^\w{3}, \d\d \w{3} \d{4} /.test(value) && Math.abs(at - Date.now()) < NEAR_NOW_MS) return "{{DATE}}";
    const plain = value
      .replaceAll(`${LOOPBACK}:${app}`, "{{UPSTREAM}}")
      .replaceAll(`${LOOPBACK}:${main}`, "{{LISTEN}}")
      .replace(/127\.0\.0\.1:\d+/g, "{{PEER}}:{{PORT}}")
      .replaceAll(LOOPBACK, "{{PEER}}");
    return digested(plain);
  }

  #within(at: string, bounds: Json, actual: Json): void {
    const [low, high] = bounds as [number, number];
    if (typeof actual !== "number" || actual < low || (this.#onTime && actual > high)) {
      this.#found.push(`${at}: ${actual} ms, not in ${low}…${high}`);
    }
  }

  #same(at: string, expected: Json, actual: Json): void {
    const wanted = JSON.stringify(expected);
    const got = JSON.stringify(actual);
    if (wanted === got) return;
    if (wanted?.includes("{{VERSION}}")) {
      const parts = wanted.split("{{VERSION}}");
      if (got?.startsWith(parts[0] as string) && got.endsWith(parts.at(-1) as string)) return;
    }
    this.#found.push(`${at}: ${got?.slice(0, 300)}, not ${wanted?.slice(0, 300)}`);
  }
}
