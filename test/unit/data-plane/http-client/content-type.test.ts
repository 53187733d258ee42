import { describe, expect, test } from "vitest";
import { detectContentType } from "../../../../src/data-plane/http-client/content-type.ts";

describe("a body without a content type", () => {
  test.each([
    ["<!DOCTYPE html>\n<p>", "text/html; charset=utf-8"],
    [" \n<html >", "text/html; charset=utf-8"],
    ["<h1>Hello</h1>", "text/html; charset=utf-8"],
    ["<!-- c", "text/html; charset=utf-8"],
    ["<h12>", "text/plain; charset=utf-8"],
    ["<b", "text/plain; charset=utf-8"],
    ['<?xml version="1.0"?>', "text/xml; charset=utf-8"],
    ["<?XML", "text/plain; charset=utf-8"],
    ['{"a":1}', "text/plain; charset=utf-8"],
    ["h\u00e9llo", "text/plain; charset=utf-8"],
    ["a\x1bb", "text/plain; charset=utf-8"],
    ["a\x00b", "application/octet-stream"],
    ["\xfe\xff\x00a", "text/plain; charset=utf-16be"],
    ["\xef\xbb\xbfa", "text/plain; charset=utf-8"],
    ["\x89PNG\r\n\x1a\n", "image/png"],
    ["RIFFabcdWEBPVP", "image/webp"],
    ["\x00\x00\x00\x10ftypisom\x00\x00\x00\x00mp41", "video/mp4"],
    ["\x1f\x8b\x08", "application/x-gzip"],
    ["%PDF-1.7", "application/pdf"],
  ])("a body that begins with %j has the content type %s", (text, type) => {
    expect(detectContentType(Buffer.from(text, "latin1"))).toBe(type);
  });

  test("the first 512 bytes of a body determine its content type", () => {
    expect(detectContentType(Buffer.from(`${"a".repeat(512)}\x00`))).toBe("text/plain; charset=utf-8");
    expect(detectContentType(Buffer.from(`${"a".repeat(511)}\x00`))).toBe("application/octet-stream");
  });
});
