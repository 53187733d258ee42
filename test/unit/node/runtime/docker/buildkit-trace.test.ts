import { describe, expect, test } from "vitest";
import { BuildTrace } from "../../../../../src/node/runtime/docker/buildkit-trace.ts";

type Field = readonly [number: number, value: string | Uint8Array | number];

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

/** Encodes a protobuf message: texts, bytes and inner messages with their length, numbers as varints. */
function message(...fields: readonly Field[]): Uint8Array {
  return Buffer.from(
    fields.flatMap(([number, value]) => {
      if (typeof value === "number") return [...varint(number * 8), ...varint(value)];
      const bytes = Buffer.from(value);
      return [...varint(number * 8 + 2), ...varint(bytes.length), ...bytes];
    }),
  );
}

const trace = (...fields: readonly Field[]): string => Buffer.from(message(...fields)).toString("base64");
const moment = message([1, 1_700_000_000], [2, 5]);
const vertex = (...fields: readonly Field[]): Field => [
  1,
  message([1, "sha256:one"], [3, "[2/2] RUN npm ci"], ...fields),
];
const log = (text: string | Uint8Array, of = "sha256:one", stream = 1): Field => [
  3,
  message([1, of], [2, moment], [3, stream], [4, text]),
];

describe("BuildKit's trace", () => {
  test("the trace reports a step once, when it starts", () => {
    const build = new BuildTrace();
    expect(build.read(trace(vertex()))).toEqual([]);
    expect(build.read(trace(vertex([5, moment])))).toEqual(["[2/2] RUN npm ci"]);
    expect(build.read(trace(vertex([5, moment], [6, moment])))).toEqual([]);
    expect(build.read(trace(vertex([5, moment])))).toEqual([]);
  });

  test("the trace marks a cached step", () => {
    expect(new BuildTrace().read(trace(vertex([4, 1], [5, moment], [6, moment])))).toEqual(["CACHED [2/2] RUN npm ci"]);
  });

  test("the trace joins the output of each step and stream to complete lines", () => {
    const build = new BuildTrace();
    const umlaut = Buffer.from("grüße\n");
    expect(build.read(trace(log("added 3"), log("other\r\n", "sha256:two")))).toEqual(["other"]);
    expect(build.read(trace(log(" packages\n\nnext\n")))).toEqual(["added 3 packages", "next"]);
    expect(build.read(trace(log(umlaut.subarray(0, 3))))).toEqual([]);
    expect(build.read(trace(log(umlaut.subarray(3))))).toEqual(["grüße"]);
    expect(build.read(trace(log("10 %\r90 %\r100 %\n")))).toEqual(["100 %"]);
    expect(build.read(trace(log("no "), log("an error\n", "sha256:one", 2), log("newline")))).toEqual(["an error"]);
    expect(build.read(trace(vertex([5, moment], [6, moment])))).toEqual(["[2/2] RUN npm ci", "no newline"]);
  });

  test("the trace tells when steps start and end, which are cached and which one failed", () => {
    const steps: string[] = [];
    const build = new BuildTrace(({ state, name }) => steps.push(`${state} ${name}`));
    const other = (...fields: readonly Field[]): Field => [
      1,
      message([1, "sha256:two"], [3, "[3/3] COPY a b"], ...fields),
    ];
    build.read(trace(vertex([5, moment])));
    build.read(trace(vertex([5, moment], [6, moment]), other([4, 1], [5, moment], [6, moment])));
    expect(steps).toEqual([
      "started [2/2] RUN npm ci",
      "done [2/2] RUN npm ci",
      "cached [3/3] COPY a b",
      "cached [3/3] COPY a b",
    ]);
    const failing = new BuildTrace();
    failing.read(
      trace(
        other([5, moment], [6, moment], [7, "context canceled"]),
        vertex([5, moment], [6, moment], [7, "exit code: 1"]),
      ),
    );
    expect(failing.failedStep).toBe("[2/2] RUN npm ci");
  });

  test("a step that took long gets a line with its duration", () => {
    const build = new BuildTrace();
    const later = message([1, 1_700_000_003], [2, 500_000_005]);
    expect(build.read(trace(vertex([5, moment], [6, later])))).toEqual([
      "[2/2] RUN npm ci",
      "DONE [2/2] RUN npm ci (3.5 s)",
    ]);
  });

  test("the trace shows warnings", () => {
    expect(new BuildTrace().read(trace([4, message([1, "sha256:one"], [2, 1], [3, "FromAsCasing"])]))).toEqual([
      "WARNING: FromAsCasing",
    ]);
  });

  test.each([
    ["unknown fields", trace([9, "x"], [10, 7], vertex([8, "group"], [5, moment])), ["[2/2] RUN npm ci"]],
    ["fixed-width fields", Buffer.from([0x0d, 1, 2, 3, 4, 0x09, 1, 2, 3, 4, 5, 6, 7, 8]).toString("base64"), []],
    ["a truncated message", trace(vertex([5, moment])).slice(0, 12), []],
    ["an empty message", "", []],
    ["text that is no message", "????", []],
  ])("the trace ignores %s", (_, aux, lines) => {
    expect(new BuildTrace().read(aux)).toEqual(lines);
  });
});
