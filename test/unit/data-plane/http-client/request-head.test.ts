import { describe, expect, test } from "vitest";
import { readRelayedHead } from "../../../../src/data-plane/http-client/relayed-head.ts";
import { type HeadParts, makeRequestHead } from "../../../../src/data-plane/http-client/request-head.ts";

const make = (parts: Partial<HeadParts>) =>
  makeRequestHead({
    method: "GET",
    target: "/",
    headers: ["Host", "h"],
    authority: "10.0.0.1:8080",
    hasBody: false,
    upgrade: undefined,
    ...parts,
  });

describe("the head for the container", () => {
  test("the head has a length of zero only for methods that usually have a body", () => {
    const empty = ["Host", "h", "Content-Length", "0"];
    const lengths = ["POST", "PUT", "PATCH", "DELETE", "GET", "REPORT"].map((method) =>
      make({ method, headers: empty }).text.includes("Content-Length: 0"),
    );
    expect(lengths).toEqual([true, true, true, false, false, false]);
  });

  test("a body without length is sent in chunks, with its trailers announced", () => {
    const { text, chunked } = make({
      method: "POST",
      headers: ["Host", "h", "Transfer-Encoding", "chunked", "Trailer", "X-Sum"],
      hasBody: true,
    });
    expect(text).toBe("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n");
    expect(chunked).toBe(true);
  });

  test("a missing or empty Host is replaced by the container's address", () => {
    expect(make({ headers: [] }).text).toContain("Host: 10.0.0.1:8080\r\n");
    expect(make({ headers: ["Host", ""] }).text).toContain("Host: 10.0.0.1:8080\r\n");
  });

  test("only a request that is idempotent, or has an idempotency key, is replayable", () => {
    const key = ["Host", "h", "Idempotency-Key", "x"];
    expect(make({}).replayable).toBe(true);
    expect(make({ method: "PUT" }).replayable).toBe(false);
    expect(make({ method: "POST", headers: key }).replayable).toBe(true);
    expect(make({ method: "POST", headers: key, hasBody: true }).replayable).toBe(false);
  });

  test("the head of an upgrade has new upgrade headers", () => {
    const headers = ["Host", "h", "Connection", "keep-alive, Upgrade", "Upgrade", "websocket"];
    expect(make({ headers, upgrade: "websocket" }).text).toBe(
      "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
  });
});

describe("the container's answer", () => {
  test("a response head omits the headers that its status forbids", () => {
    const headers = ["Content-Type", "a/b", "Content-Length", "3", "ETag", "x"];
    expect(readRelayedHead(304, headers).headers).toEqual(["ETag", "x"]);
    expect(readRelayedHead(204, headers).headers).toEqual(["Content-Type", "a/b", "ETag", "x"]);
  });

  test("a response head is parsed for length, event stream and an unsupported encoding", () => {
    expect(readRelayedHead(200, ["Content-Length", "3"])).toMatchObject({ length: 3, events: false });
    expect(readRelayedHead(200, ["Content-Type", "text/event-stream; charset=utf-8"]).events).toBe(true);
    expect(readRelayedHead(200, ["Transfer-Encoding", "gzip"]).encoding).toBe("gzip");
  });

  test("a response head announces its trailers in one header if trailers can follow", () => {
    const announced = ["Trailer", "A", "Trailer", "x-b"];
    const headersOf = (more: string[], framed = false) => readRelayedHead(200, [...announced, ...more], framed).headers;
    expect(headersOf(["Transfer-Encoding", "chunked"])).toEqual(["Trailer", "A, X-B"]);
    expect(headersOf(["Content-Length", "2"])).toEqual(["Content-Length", "2"]);
    expect(headersOf([], true)).toEqual(["Trailer", "A, X-B"]);
  });
});
