import { describe, expect, test } from "vitest";
import {
  hasToken,
  headerValue,
  headerValues,
  namedInConnection,
  upgradeType,
  withForwardedFor,
  withHeader,
  withoutHeaders,
} from "../../../../src/data-plane/http/headers.ts";

const LIST = ["Host", "a", "X-One", "1", "x-one", "2", "Cookie", "c"];

describe("header lists", () => {
  test("a look-up of a header ignores letter case and keeps order", () => {
    expect(headerValue(LIST, "x-one")).toBe("1");
    expect(headerValues(LIST, "x-one")).toEqual(["1", "2"]);
    expect(headerValue(LIST, "x-two")).toBeUndefined();
  });

  test("setting a header replaces all its lines", () => {
    expect(withHeader(LIST, "X-ONE", "3")).toEqual(["Host", "a", "Cookie", "c", "X-ONE", "3"]);
  });

  test("removing a header removes all its lines", () => {
    expect(withoutHeaders(LIST, new Set(["x-one"]))).toEqual(["Host", "a", "Cookie", "c"]);
  });

  test("a token is found among others in any letter case, but only as a whole", () => {
    expect([hasToken("keep-alive, Upgrade", "upgrade"), hasToken("CLOSE", "close")]).toEqual([true, true]);
    expect([hasToken("trailers;q=0.5", "trailers"), hasToken("upgraded", "upgrade")]).toEqual([false, false]);
  });

  test("names in Connection apply to end-to-end headers only", () => {
    expect(namedInConnection(["Connection", "close, X-Secret", "connection", "Keep-Alive, x-other"])).toEqual(
      new Set(["x-secret", "x-other"]),
    );
    expect(namedInConnection(["Connection", "keep-alive"])).toBeUndefined();
  });

  test("an upgrade needs both headers", () => {
    expect(upgradeType(["Connection", "keep-alive, UPGRADE", "Upgrade", "WebSocket"])).toBe("WebSocket");
    expect(upgradeType(["Upgrade", "websocket"])).toBeUndefined();
    expect(upgradeType(["Connection", "upgrade"])).toBeUndefined();
  });

  test("X-Forwarded-For lines are joined, and the peer is appended", () => {
    expect(withForwardedFor(["X-Forwarded-For", "a", "Z", "1", "x-forwarded-for", "b"], "c")).toEqual([
      "X-Forwarded-For",
      "a, b, c",
      "Z",
      "1",
    ]);
    expect(withForwardedFor([], "c")).toEqual(["X-Forwarded-For", "c"]);
  });
});
