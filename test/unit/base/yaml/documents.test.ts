import { describe, expect, it, test } from "vitest";
import { readDocuments } from "../../../../src/base/yaml/documents.ts";
import { coreScalar, plainScalar } from "../../../../src/base/yaml/plain-scalar.ts";

describe("plain scalars, as kubectl reads them", () => {
  it.each([
    ["yes", true],
    ["Off", false],
    ["y", true],
    ["N", false],
    ["TRUE", true],
    ["~", null],
    ["", null],
    ["0644", 420],
    ["0o644", 420],
    ["0x1F", 31],
    ["0b11", 3],
    ["1_000", 1000],
    ["-12", -12],
    ["1e3", 1000],
    [".5", 0.5],
    [".5_0", ".5_0"],
    ["10.0", 10],
    ["0899", 899],
    ["12:30:45", "12:30:45"],
    ["2024-01-02", "2024-01-02"],
    ["yEs", "yEs"],
    ["1.2.3", "1.2.3"],
    ["-", "-"],
    ["hello", "hello"],
  ])("the scalar %s has the value that kubectl reads", (source, value) => {
    expect(plainScalar(source)).toBe(value);
  });
});

test("plain scalars of knap.yaml are read by the core schema of YAML 1.2", () => {
  expect(["yes", "0123", "0x1F", "0o17", "1e3", "~", "True", "1_0", "10s"].map(coreScalar)).toEqual([
    "yes",
    123,
    31,
    15,
    1000,
    null,
    true,
    "1_0",
    "10s",
  ]);
});

const json = (text: string): unknown => readDocuments(text)[0]?.json;

describe("documents", () => {
  it("quoted scalars and scalars tagged !!str are strings", () => {
    expect(json(`{a: "yes", b: 'no', c: !!str 5, d: !!int "7"}`)).toEqual({ a: "yes", b: "no", c: "5", d: 7 });
  });
  it("values that JSON cannot represent, or that do not match their tag, are refused", () => {
    const errors = (text: string) => readDocuments(text)[0]?.findings.map(({ message }) => message);
    expect(errors("a: .inf\nb: -.INF\nc: .nan\n")).toEqual([
      "JSON cannot represent .inf",
      "JSON cannot represent -.INF",
      "JSON cannot represent .nan",
    ]);
    expect(errors("null: 1\n")).toEqual([expect.stringContaining("a key must be a string")]);
    expect(errors("a: !!null x\nb: !!int 1.5\n")).toEqual(['"x" is not a !!null', '"1.5" is not a !!int']);
  });
  it("merge keys apply maps in order, and later keys overwrite earlier ones", () => {
    expect(json("a: 1\n<<: {a: 2, b: 2}\nb: 3\n")).toEqual({ a: 2, b: 3 });
  });
  it("in a merged list of maps earlier maps overwrite later ones", () => {
    expect(
      json("base: &b {one: 1, two: 2}\nmore: &m {three: 3, one: 9}\nall:\n  <<: [*b, *m]\n  two: 5\n"),
    ).toMatchObject({
      all: { one: 1, two: 5, three: 3 },
    });
  });
  it("number and boolean keys become strings", () => {
    expect(json("1: a\ntrue: b\nyes: c\n")).toEqual({ "1": "a", true: "c" });
  });
  it("the last of two equal keys is used, with a warning", () => {
    const [document] = readDocuments("a: 1\na: 2\n");
    expect(document?.json).toEqual({ a: 2 });
    expect(document?.findings).toMatchObject([{ severity: "warning", position: { line: 2, column: 1 } }]);
  });
  it("a file can have several documents; empty ones are omitted", () => {
    expect(readDocuments("a: 1\n---\n---\n# nothing\n---\nb: 2\n").map((document) => document.json)).toEqual([
      { a: 1 },
      { b: 2 },
    ]);
  });
  it("every syntax error is reported with its position, and there is no value", () => {
    const [document] = readDocuments("a: 'x\nb: [1\n");
    expect(document?.json).toBeUndefined();
    expect(document?.findings.length).toBeGreaterThan(0);
  });
  it("an alias that contains itself, or expands to too many values, is refused", () => {
    expect(readDocuments("a: &a [*a]\n")[0]?.findings[0]?.message).toBe("an alias must not contain itself");
    const laughs = ["a0: &a0 [1,1,1,1,1,1,1,1,1,1]"];
    for (let at = 1; at < 8; at++)
      laughs.push(
        `a${at}: &a${at} [${Array(10)
          .fill(`*a${at - 1}`)
          .join(",")}]`,
      );
    expect(readDocuments(laughs.join("\n"))[0]?.json).toBeUndefined();
  });
  it.each([
    ["many documents", "---\n".repeat(20_000), "there are more than 10000 documents", 10_001],
    ["nested lists", "[".repeat(1_000_000), "values are nested more than 200 levels deep", 1],
    ["nested maps", "{a: ".repeat(100_000), "values are nested more than 200 levels deep", 1],
    ["compact lists", "- ".repeat(100_000), "values are nested more than 200 levels deep", 1],
    ["line ends", "\n".repeat(1_000_000), "there are more than 500000 words and marks", 500_001],
  ])("%s are refused with the position, and reading stops there (11 A7)", (_, text, message, line) => {
    const last = readDocuments(text).at(-1);
    expect(last?.json).toBeUndefined();
    expect(last?.findings).toMatchObject([{ message, severity: "error" }]);
    expect(last?.findings[0]?.position.line).toBeCloseTo(line, -1);
  });
  it("values as deep as the limit, and many aliases of small values, are accepted (11 A7)", () => {
    expect(readDocuments(`${"[".repeat(200)}${"]".repeat(200)}`)[0]?.findings).toEqual([]);
    const aliases = Array.from({ length: 5000 }, (_, at) => `b${at}: *a`).join("\n");
    expect(Object.keys(json(`a: &a x\n${aliases}`) as object)).toHaveLength(5001);
  });
  it("an alias means the last anchor of its name above it", () => {
    expect(json("a: &x 1\nb: *x\nc: &x 2\nd: *x\n")).toEqual({ a: 1, b: 1, c: 2, d: 2 });
    expect(readDocuments("a: *x\nb: &x 1\n")[0]?.findings[0]?.message).toBe("unknown alias");
  });
  it("values that aliases nest too deeply are refused at the alias (11 A7)", () => {
    for (const [open, close] of [
      ["[", "]"],
      ["{x: ", "}"],
      ["{<<: [", "]}"],
    ] as const) {
      const nested = ["a0: &a0 {y: 1}"];
      for (let at = 1; at < 300; at++) nested.push(`a${at}: &a${at} ${open.repeat(90)}*a${at - 1}${close.repeat(90)}`);
      const [document] = readDocuments(nested.join("\n"));
      expect(document?.json).toBeUndefined();
      expect(document?.findings).toMatchObject([
        { message: "aliases nest values more than 200 levels deep", position: { line: 4 } },
      ]);
    }
  });
  it("merged maps that repeat too many values are refused (11 A7)", () => {
    const bomb = ["a0: &a0 {x: 1}"];
    for (let at = 1; at < 20; at++)
      bomb.push(`a${at}: &a${at} {<<: [*a${at - 1}, *a${at - 1}], y: [*a${at - 1}, *a${at - 1}]}`);
    expect(readDocuments(bomb.join("\n"))[0]?.findings.map(({ message }) => message)).toContain(
      "aliases repeat more than 100000 values",
    );
  });
  it("a file can have several JSON objects with tabs, and each has a location (11 B5)", () => {
    const good = readDocuments('{\n\t"a": "}{\\""\n}\n\n{"b": 1}\n{"c": !}\n');
    expect(good.map((document) => document.json)).toEqual([{ a: '}{"' }, { b: 1 }, { c: "" }]);
    expect(good[1]?.root && good[1].positionOf(good[1].root)).toMatchObject({ line: 5, column: 1 });
  });
  it("the key __proto__ does not change the prototype", () => {
    expect(Object.getPrototypeOf(json("__proto__: {x: 1}"))).toBe(Object.prototype);
  });
});

it.each([
  ['a: 1\nb: "open\nc: 2\nd: 3\n', 2, 4],
  ["a: 1\nb:\n  - 'open\n  - c\n", 3, 5],
  ["a: 1\nb: [1, 2\nc: 3\n", 3, 1],
])("the position of a syntax error in %j is %i:%i (11 C7)", (text, line, column) => {
  const findings = readDocuments(text).flatMap((document) => document.findings);
  expect(findings[0]?.position).toMatchObject({ line, column });
});
