import { expect, test } from "vitest";
import { readTarget } from "../../../../src/data-plane/http/target.ts";

test.each([
  ["/a/./b/../c//d/?x=1&&y=", "/a/./b/../c//d/?x=1&&y="],
  ["/%c3%bc%2f", "/%c3%bc%2f"],
  ["/a?", "/a?"],
  ["/a[1]!$&'()*+,;=:@", "/a[1]!$&'()*+,;=:@"],
  ["/a|b?c|d", "/a%7Cb?c|d"],
  ["/a#b", "/a%23b"],
  ["/\u00c3\u00bc?x=\u00c3\u00bc", "/%C3%BC?x=\u00c3\u00bc"],
  ["*", "*"],
])("the target %s is forwarded as %s", (raw, target) => {
  expect(readTarget(raw)).toEqual({ target });
});

test("a path with a raw character is escaped completely, as Go does", () => {
  expect(readTarget("/a%20b%2fc!|")).toEqual({ target: "/a%20b/c%21%7C" });
});

test.each([
  ["http://other.example.org/abs?x=1", "/abs?x=1", "other.example.org"],
  ["http://other.example.org", "/", "other.example.org"],
  ["https://user:pw@other.example.org:81?x", "/?x", "other.example.org:81"],
])("the absolute target %s is split into host and path", (raw, target, host) => {
  expect(readTarget(raw)).toEqual({ target, host });
});

test.each(["/a%zz", "/a%2", "relative", ""])("the target %s is refused", (raw) => {
  expect(readTarget(raw)).toBeUndefined();
});

test("the query of a target is not checked", () => {
  expect(readTarget("/a?%zz")).toEqual({ target: "/a?%zz" });
});

test("an absolute target without a host keeps the Host header", () => {
  expect(readTarget("http:///p")).toEqual({ target: "/p" });
});
