import { expect, test } from "vitest";
import {
  bytesOf,
  copiesOf,
  dirtyCount,
  type OverlayChanges,
  type OverlayEntry,
  withChanges,
} from "../../../../src/node/agent/overlay-plan.ts";

const file = (copy: string, bytes = 1): OverlayEntry => ({ kind: "file", copy, bytes, mode: 0o644, mtimeMs: 0 });
const folder: OverlayEntry = { kind: "folder", mode: 0o755 };
const link: OverlayEntry = { kind: "link", to: "x" };
const changes = (entries: Readonly<Record<string, OverlayEntry | undefined>>): OverlayChanges =>
  new Map(Object.entries(entries));
const after = (...batches: readonly OverlayChanges[]): readonly string[] => [
  ...batches.reduce(withChanges, new Map() as never).keys(),
];

test("later files replace earlier ones, and deleted ones are gone with everything below them", () => {
  const first = changes({ "/a/b": file("1"), "/a/c/d": file("2"), "/a/bc": file("3"), "/e": link });
  expect(after(first, changes({ "/a/b": file("4") }))).toEqual(["/a/c/d", "/a/bc", "/e", "/a/b"]);
  expect(after(first, changes({ "/a/b": undefined, "/e": undefined }))).toEqual(["/a/c/d", "/a/bc"]);
  expect(after(first, changes({ "/a": undefined }))).toEqual(["/e"]);
});

test("a file replaces a folder with its content, and a folder replaces a file", () => {
  const first = changes({ "/a": folder, "/a/b": file("1") });
  expect(after(first, changes({ "/a": file("2") }))).toEqual(["/a"]);
  expect(after(changes({ "/a": file("1") }), changes({ "/a/b": file("2") }))).toEqual(["/a/b"]);
  expect(after(changes({ "/a": link }), changes({ "/a/b/c": file("2") }))).toEqual(["/a/b/c"]);
  expect(after(first, changes({ "/a": folder }))).toEqual(["/a/b", "/a"]);
});

test("changes of one batch apply in their order", () => {
  expect(after(changes({ "/a/b": file("1"), "/a": undefined }))).toEqual([]);
  expect(after(changes({ "/a": undefined, "/a/b": file("1") }))).toEqual(["/a/b"]);
});

test("folders count neither as dirty files nor as bytes", () => {
  const entries = withChanges(
    new Map(),
    changes({ "/a": folder, "/a/b": file("1", 5), "/a/c": file("2", 7), "/l": link }),
  );
  expect(dirtyCount(entries)).toBe(3);
  expect(bytesOf(entries)).toBe(12);
  expect([...copiesOf(entries)]).toEqual(["1", "2"]);
});
