import { describe, expect, test } from "vitest";
import { buildLine } from "../../../src/dev/build-error-line.ts";
import { readInstructions } from "../../../src/project/dockerfile.ts";

const instructions = readInstructions(
  [
    "FROM node:22 AS build",
    "WORKDIR /app",
    "COPY package.json nope.txt ./",
    "RUN npm ci && npm run build",
    "RUN echo a && \\",
    "    # a comment",
    "    echo $A && \\",
    "    exit 7",
    "FROM alpine",
    "RUN <<EOF",
    "set -e",
    'echo "one more"',
    "EOF",
    "RUN npm ci && npm run build",
    "COPY --from=three /x /y",
    "RUN --mount=type=secret,id=a cat /run/secrets/a",
    'CMD ["x"]',
  ].join("\n"),
);

describe("the line of a build error", () => {
  test.each([
    ['failed to compute cache key: "/nope.txt" not found: not found', 3],
    [
      "COPY failed: file not found in build context or excluded by .dockerignore: stat nope.txt: file does not exist",
      3,
    ],
    ["Step 3/5 : COPY package.json nope.txt ./\nCOPY failed: stat nope.txt", 3],
    ['executor failed: process "/bin/sh -c npm ci && npm run build" did not complete successfully: exit code: 1', 4],
    ["executor failed running [/bin/sh -c npm ci && npm run build]: exit code: 1", 4],
    ["The command '/bin/sh -c npm ci && npm run build' returned a non-zero code: 1", 4],
    ["executor failed running [/bin/sh -c echo a &&     echo $A &&     exit 7]: exit code: 7", 5],
    ['process "/bin/sh -c set -e\\necho \\"one more\\"\\n" did not complete successfully: exit code: 4', 10],
    ["dockerfile parse error on line 2: unknown instruction: WORKDIIR", 2],
    ["dockerfile parse error line 4: unknown instruction: RUNN", 4],
    ["alpine: failed to resolve source metadata for docker.io/library/alpine:latest: no such host", 9],
    ["pull access denied for alpine, repository does not exist or may require 'docker login'", 9],
    ["no space left on device", undefined],
  ])("the location of a build error is parsed: %s", (message, line) => {
    expect(buildLine({ message }, instructions)).toBe(line);
  });

  test.each([
    ["[build 4/5] RUN npm ci && npm run build", 4],
    ["[stage-1 3/4] RUN npm ci && npm run build", 14],
    ["[stage-1 4/5] RUN --mount=type=secret,id=a cat /run/secrets/a", 16],
    ["[build 5/5] RUN echo a &&     echo hey &&     exit 7", 5],
    ["[internal] load metadata for docker.io/library/alpine:latest", 9],
    ["FROM docker.io/library/three:latest", 15],
    ["Step 5/9 : RUN echo a &&     echo $A &&     exit 7", 5],
    ["exporting to image", undefined],
  ])("the step that the builder names has the line of its instruction: %s", (step, line) => {
    expect(buildLine({ message: "it failed", step }, instructions)).toBe(line);
  });

  test("a step whose output looks like a parse error has the line of its instruction", () => {
    const message = 'process "/bin/sh -c npm ci && npm run build" did not complete: YAML parse error on line 9';
    expect(buildLine({ message, step: "[build 4/5] RUN npm ci && npm run build" }, instructions)).toBe(4);
    expect(buildLine({ message: "YAML parse error on line 9" }, instructions)).toBeUndefined();
  });

  test("a directive can make the backtick the character that continues a line", () => {
    const text = ["# escape=`", "FROM a", "RUN one `", "  two", "RUN three"].join("\n");
    expect(buildLine({ message: "", step: "[3/3] RUN three" }, readInstructions(text))).toBe(5);
  });
});
