import { expect, test } from "vitest";
import { parseUrl } from "../../../src/base/go/url.ts";

test.each([
  ["http://a.b:80/c?d#e", undefined],
  ["", undefined],
  ["a/b:c", undefined],
  ["mailto:x y", undefined],
  ["//host/x", undefined],
  ["http://u:p@[::1]:80/%41", undefined],
  ['http://h<>"!', undefined],
  [":x", 'parse ":x": missing protocol scheme'],
  ["a:b:c/d", undefined],
  ["1a:b", 'parse "1a:b": first path segment in URL cannot contain colon'],
  ["http://a b", 'parse "http://a b": invalid character " " in host name'],
  ["http://a:x", 'parse "http://a:x": invalid port ":x" after host'],
  ["http://[::1", "parse \"http://[::1\": missing ']' in host"],
  ["http://a/%zz", 'parse "http://a/%zz": invalid URL escape "%zz"'],
  ["http://a%41", 'parse "http://a%41": invalid URL escape "%41"'],
  ["http://a@b@c", undefined],
  ["http://a b@c", 'parse "http://a b@c": net/url: invalid userinfo'],
  ["http://a/\n", 'parse "http://a/\\n": net/url: invalid control character in URL'],
  ["http://a#%", 'parse "http://a#%": invalid URL escape "%"'],
])("%j is parsed as Go's net/url does", (text, error) => {
  const url = parseUrl(text);
  expect(url.ok ? undefined : url.error).toBe(error);
});
