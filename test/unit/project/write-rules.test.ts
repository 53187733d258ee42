import { describe, expect, test } from "vitest";
import type { WatchRule } from "../../../src/project/project.ts";
import { parseProjectFile } from "../../../src/project/project-file.ts";
import { withWatchRules } from "../../../src/project/write-rules.ts";

const none = { include: [], ignore: [], initialSync: false };
const rules = new Map<string, readonly WatchRule[]>([
  [
    "hello",
    [
      { ...none, path: "/project/src", target: "/app/src", action: "sync+restart" },
      { ...none, path: "/project", target: "/app", action: "sync+restart", include: ["*.mjs"] },
      { ...none, path: "/project/package.json", action: "rebuild" },
    ],
  ],
]);
const watch = [
  { path: "./src", target: "/app/src", action: "sync+restart" },
  { path: ".", target: "/app", action: "sync+restart", include: ["*.mjs"] },
  { path: "./package.json", action: "rebuild" },
];

const write = (text: string): string => {
  const written = withWatchRules(text, rules, "/project");
  return written.ok ? written.value : written.error;
};

describe("writing watch rules to knap.yaml", () => {
  test("an empty file gets the Services with their rules, one a line, after its comments", () => {
    expect(write("# my project\n")).toBe(`# my project

services:
  hello:
    develop:
      watch:
        - { path: ./src, target: /app/src, action: sync+restart }
        - { path: ., target: /app, action: sync+restart, include: [ "*.mjs" ] }
        - { path: ./package.json, action: rebuild }
`);
  });

  test.each([
    ["an alias", "x: &base { build: . }\nservices:\n  hello: *base\n", /^line 3: the rules of hello/],
    ["an anchor", "services:\n  hello: &base\n    build: .\n  other: *base\n", /^line \d: the rules of hello/],
    ["a merge", "x: &base { build: . }\nservices:\n  hello:\n    <<: *base\n", /^line \d: the rules of hello/],
    ["an alias of develop", "x: &d {}\nservices:\n  hello:\n    develop: *d\n", /^line 4: the rules of develop/],
  ])("settings that the Service shares by %s are refused with the line", (_, text, reason) => {
    expect(write(text)).toMatch(reason);
    expect(write("x: &x 1\nservices:\n  hello: { build: . }\n  other: { port: *x }\n")).toContain("./src");
  });

  test.each([
    [
      "in blocks",
      "# top\nport: 8090 # the port\nservices:\n  # about hello\n  hello:\n    build: . # here\n  other:\n    command: [a]\n",
    ],
    [
      "in braces",
      "# top\nport: 8090 # the port\n# about hello\nservices: { hello: { build: . }, other: { command: [a] } } # here\n",
    ],
    ["without the Service", "# top\nport: 8090 # the port\nservices:\n  other: { command: [a] } # about hello here\n"],
    [
      "with another key of develop",
      "# top\nport: 8090 # the port\nservices:\n  # about hello here\n  hello: { develop: { reload: app } }\n  other: { command: [a] }\n",
    ],
    ["without services", "# top\nport: 8090 # the port\n# about hello here\n"],
  ])("settings %s keep their values and comments", (_, text) => {
    const written = write(text);
    const [before, after] = [text, written].map((each) => parseProjectFile(each, "knap.yaml"));
    expect(after?.findings).toEqual([]);
    expect(after?.value?.services?.["hello"]?.develop?.watch).toMatchObject(watch.map(({ path }) => ({ path })));
    expect(after?.value?.port).toBe(8090);
    expect(after?.value?.services?.["other"]).toEqual(before?.value?.services?.["other"]);
    expect(after?.value?.services?.["hello"]).toMatchObject(before?.value?.services?.["hello"] ?? {});
    for (const comment of ["# top", "# the port", "about hello", "here"]) expect(written).toContain(comment);
  });
});
