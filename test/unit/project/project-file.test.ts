import { describe, expect, test } from "vitest";
import { parseProjectFile } from "../../../src/project/project-file.ts";

describe("knap.yaml", () => {
  test("knap.yaml accepts the short and the long forms", () => {
    const text = [
      "files: [service.yaml]",
      "runtime: process",
      "config: { autoscaler: { stable-window: 6s, max-scale: 3 } }",
      "secrets: { db: { from: .env } }",
      "services:",
      "  a: { build: ., command: [node, x.mjs] }",
      "  b: { build: { context: b, target: dev, args: { V: 2 } } }",
    ].join("\n");
    const { value, findings } = parseProjectFile(text, "knap.yaml");
    expect(findings).toEqual([]);
    expect(value).toMatchObject({
      runtime: "process",
      config: { autoscaler: { "stable-window": "6s", "max-scale": "3" } },
      services: { a: { build: { context: "." } }, b: { build: { context: "b", target: "dev", args: { V: "2" } } } },
    });
  });

  test("listener limits are numbers and durations, like the flags of the same names", () => {
    const text = "max-connections: 100\nmax-header-bytes: 65536\nheader-timeout: 5s\nkeep-alive-timeout: 1m30s\n";
    expect(parseProjectFile(text, "knap.yaml")).toMatchObject({ value: { "max-connections": 100 }, findings: [] });
    const wrong = "max-connections: 0\nmax-header-bytes: 10\nheader-timeout: 5\nkeep-alive-timeout: soon\n";
    const { findings } = parseProjectFile(wrong, "knap.yaml");
    expect(findings.map(({ line, message }) => `${line} ${message.split(":")[0]}`)).toEqual([
      "1 max-connections",
      "2 max-header-bytes",
      "3 header-timeout",
      "4 keep-alive-timeout",
    ]);
  });

  test("knap.yaml may be empty", () => {
    expect(parseProjectFile("# nothing\n", "knap.yaml")).toEqual({ value: {}, findings: [] });
  });

  test("deep lists, aliases that multiply or contain themselves, and a second document are errors with a line (11 A7)", () => {
    const bomb = ["files: &a0 [x, x]"];
    for (let at = 1; at < 20; at++) bomb.push(`a${at}: &a${at} [*a${at - 1}, *a${at - 1}]`);
    const first = (text: string) => {
      const { line, message } = parseProjectFile(text, "knap.yaml").findings[0] ?? {};
      return [line, message];
    };
    expect(first(`files: ${"[".repeat(20_000)}`)).toEqual([1, "values are nested more than 200 levels deep"]);
    expect(first(bomb.join("\n"))).toEqual([15, "aliases repeat more than 100000 values"]);
    expect(first("services: &a { x: *a }\n")).toEqual([1, "an alias must not contain itself"]);
    expect(first("runtime: auto\n---\nport: 1\n")).toEqual([3, "there must be only one document"]);
  });

  test("every error is reported with its line and column", () => {
    const text = "runtime: podman\nservices:\n  a:\n    comand: [x]\nport: 99999\n";
    const { value, findings } = parseProjectFile(text, "knap.yaml");
    expect(value).toBeUndefined();
    expect(findings.map(({ line, column }) => [line, column])).toEqual(
      expect.arrayContaining([
        [1, 1],
        [4, 5],
        [5, 1],
      ]),
    );
    expect(findings.map(({ message }) => message).join("\n")).toContain('unknown field "comand"');
  });

  test("a YAML syntax error is reported with its position", () => {
    const { findings } = parseProjectFile("a: [1\nb: 2", "knap.yaml");
    expect(findings[0]).toMatchObject({ severity: "error", file: "knap.yaml", line: 2 });
  });

  test("each unknown key is reported at its position, with a similar known key if there is one", () => {
    const { findings } = parseProjectFile(
      "fles: [a]\nprot: 1\nnonsense: 1\nservices: { a: { biuld: . } }\n",
      "knap.yaml",
    );
    expect(findings.map(({ line, message, fix }) => [line, message, fix])).toEqual([
      [4, 'services.a: unknown field "biuld"', 'did you mean "build"?'],
      [1, 'unknown field "fles"', 'did you mean "files"?'],
      [2, 'unknown field "prot"', 'did you mean "port"?'],
      [3, 'unknown field "nonsense"', undefined],
    ]);
  });
});
