import { describe, expect, test } from "vitest";
import { parseJsonc } from "../../../../src/cli/debug/jsonc.ts";
import { makeLaunchEntry, withLaunchEntry } from "../../../../src/cli/debug/launch-json.ts";
import type { DebugState } from "../../../../src/client/debug.ts";

const state: DebugState = {
  namespace: "default",
  service: "hello",
  revision: "hello-00001",
  debugger: "node",
  host: "127.0.0.1",
  port: 9229,
  containerPort: 9229,
  attached: 0,
  waits: false,
  remoteRoot: "/app",
};
const ENTRY = { name: "knap: hello", type: "node", port: 9229 };
/** The text as VS Code reads it. */
const plain = (text: string): unknown =>
  JSON.parse(text.replace(/("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, "$1").replace(/,(\s*[\]}])/g, "$1"));

const COMMENTED = `// how to start
{
  "version": "0.2.0", /* a version */
  "configurations": [
    // mine
    { "name": "mine", "url": "http://x/*y*/", "args": [], }, // stays
  ],
}
`;

describe("the launch configuration", () => {
  test.each([
    ["node", { type: "node", address: "127.0.0.1", port: 9229, restart: true, localRoot: "L", remoteRoot: "/app" }],
    [
      "python",
      {
        type: "debugpy",
        connect: { host: "127.0.0.1", port: 9229 },
        pathMappings: [{ localRoot: "L", remoteRoot: "/app" }],
      },
    ],
    ["go", { type: "go", mode: "remote", host: "127.0.0.1", port: 9229, substitutePath: [{ from: "L", to: "/app" }] }],
    ["jvm", { type: "java", hostName: "127.0.0.1", port: 9229 }],
  ] as const)("of %s attaches at the address and maps the sources", (kind, expected) => {
    const entry = makeLaunchEntry({ ...state, debugger: kind }, "L");
    expect(entry).toEqual({ name: "knap: hello", request: "attach", ...expected });
  });

  test("of an unknown debugger is not made", () => {
    expect(makeLaunchEntry({ ...state, debugger: "other" }, "L")).toBeUndefined();
  });
});

describe("launch.json", () => {
  test.each([undefined, "", " \n"])("is made if there is none: %j", (text) => {
    const made = withLaunchEntry(text, ENTRY);
    expect(JSON.parse(made.ok ? made.value : "")).toEqual({ version: "0.2.0", configurations: [ENTRY] });
  });

  test("gets the entry, and keeps comments, trailing commas and other entries", () => {
    const added = withLaunchEntry(COMMENTED, ENTRY);
    const text = added.ok ? added.value : "";
    expect(text.split("\n").filter((line) => !COMMENTED.includes(line))).toEqual([
      '      "name": "knap: hello",',
      '      "type": "node",',
      '      "port": 9229',
      "    },",
    ]);
    expect(plain(text)).toEqual({
      version: "0.2.0",
      configurations: [ENTRY, { name: "mine", url: "http://x/*y*/", args: [] }],
    });
  });

  test("keeps what a person changed in the entry, and gets the new address", () => {
    const own = { name: "knap: hello", type: "pwa-node", restart: false, localRoot: "mine", port: 1 };
    const before = JSON.stringify({ configurations: [own] }).replace("1}", "1 /* the port */ }");
    const made = makeLaunchEntry(state, "L") ?? ENTRY;
    const changed = withLaunchEntry(before, made);
    const text = changed.ok ? changed.value : "";
    expect(text).toContain('"port":9229 /* the port */');
    expect(plain(text)).toEqual({ configurations: [{ ...own, address: "127.0.0.1", port: 9229 }] });
    expect(withLaunchEntry(text, made)).toEqual({ ok: true, value: text });
  });

  test("gets a new entry in place of one for another debugger", () => {
    const before = '{ "configurations": [ { "name": "knap: hello", "type": "debugpy", "connect": {} } /* mine */ ] }';
    const changed = withLaunchEntry(before, ENTRY);
    expect(changed.ok && changed.value).toContain("/* mine */");
    expect(plain(changed.ok ? changed.value : "")).toEqual({ configurations: [ENTRY] });
  });

  test("names the namespace of a Service that is not in default", () => {
    expect(makeLaunchEntry({ ...state, namespace: "shop" }, "L")?.name).toBe("knap: shop/hello");
  });

  test.each([
    ["{}", { configurations: [ENTRY] }],
    ['{ "configurations": [] }', { configurations: [ENTRY] }],
    ['{ "version": "0.2.0" }', { configurations: [ENTRY], version: "0.2.0" }],
    ['{ "configurations": [ // none\n ] }', { configurations: [ENTRY] }],
  ])("gets the entry where %j has none", (before, expected) => {
    const added = withLaunchEntry(before, ENTRY);
    expect(plain(added.ok ? added.value : "")).toEqual(expected);
  });

  test.each([
    ['{\n  "configurations": [\n    { "name" "x" }\n  ]\n}', "line 3 is not valid JSON"],
    ['{ "configurations": {} }', '"configurations" must be a list'],
    ["[]", "it must be an object"],
    ['{ "a": 1 } x', "line 1 is not valid JSON"],
    ['{ "a": "\u0001" }', "line 1 is not valid JSON"],
  ])("is left alone if it is broken: %j", (text, error) => {
    expect(withLaunchEntry(text, ENTRY)).toEqual({ ok: false, error });
  });
});

test("nodes of JSON with comments know their places", () => {
  const text = ' /* x */ { "a": [1, -2.5e3, "b\\"c", null] } // end';
  const parsed = parseJsonc(text);
  expect(parsed).toMatchObject({ ok: true, value: { kind: "object", start: 9, end: text.indexOf(" // end") } });
});
