import { expect, test } from "vitest";
import { parseEnvFile } from "../../../src/project/secrets.ts";

test("an env file can have quotes, comments, export and empty values", () => {
  const text = [
    "# comment",
    "",
    "export A=1",
    'B="two\\nlines" # why',
    "C='as \\n is'",
    "D=bare value # not this",
    "E=",
  ].join("\n");
  expect(parseEnvFile(text)).toEqual({
    ok: true,
    value: { A: "1", B: "two\nlines", C: "as \\n is", D: "bare value", E: "" },
  });
});

test("the error of an env file names the first line that cannot be parsed", () => {
  expect(parseEnvFile('A=1\nB="open')).toEqual({ ok: false, error: "line 2: expected NAME=value" });
});
