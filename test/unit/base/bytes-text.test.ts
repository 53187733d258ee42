import { expect, test } from "vitest";
import { bytesText } from "../../../src/base/bytes-text.ts";

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1536, "1.5 KiB"],
  [10 * 1024, "10 KiB"],
  [212.4 * 1024 ** 2, "212 MiB"],
  [3 * 1024 ** 5, "3072 TiB"],
])("%d bytes are %s", (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});
