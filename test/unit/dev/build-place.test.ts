import { expect, test } from "vitest";
import { buildLine } from "../../../src/dev/build-error-line.ts";

const dockerfile = [
  "FROM node:22",
  "WORKDIR /app",
  "COPY package.json nope.txt ./",
  "RUN npm ci && npm run build",
  'CMD ["x"]',
].join("\n");

test.each([
  ['failed to compute cache key: "/nope.txt" not found: not found', 3],
  [
    "COPY failed: file not found in build context or excluded by .dockerignore: stat nope.txt: file does not exist",
    undefined,
  ],
  ["Step 3/5 : COPY package.json nope.txt ./\nCOPY failed: stat nope.txt", 3],
  ['executor failed: process "/bin/sh -c npm ci && npm run build" did not complete successfully: exit code: 1', 4],
  ["executor failed running [/bin/sh -c npm ci && npm run build]: exit code: 1", 4],
  ["The command '/bin/sh -c npm ci && npm run build' returned a non-zero code: 1", 4],
  ["dockerfile parse error on line 2: unknown instruction: WORKDIIR", 2],
  ["no space left on device", undefined],
])("the location of a build error is parsed: %s", (message, line) => {
  expect(buildLine(message, dockerfile)).toBe(line);
});
