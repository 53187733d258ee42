import { expect, test } from "vitest";
import { makePullReport } from "../../../../src/node/image/pull-report.ts";

function pull() {
  let now = 0;
  const messages: string[] = [];
  const report = makePullReport(
    "app:v1",
    () => now,
    (message) => messages.push(message),
  );
  const step = (atMs: number, status: string, layer?: string, currentBytes?: number, totalBytes?: number): void => {
    now = atMs;
    report({
      status,
      ...(layer !== undefined && { layer }),
      ...(currentBytes !== undefined && { currentBytes }),
      ...(totalBytes !== undefined && { totalBytes }),
    });
  };
  return { messages, step };
}

test("a pull is reported at its start, then every 3 s with the downloaded bytes of all known layers", () => {
  const { messages, step } = pull();
  step(0, "Pulling from team/app", "v1");
  step(100, "Downloading", "a", 1_000_000, 40_000_000);
  step(2900, "Downloading", "a", 9_000_000, 40_000_000);
  step(3100, "Downloading", "b", 2_500_000, 2_500_001);
  step(6000, "Downloading", "a", 30_000_000, 40_000_000);
  step(6200, "Download complete", "a");
  expect(messages).toEqual([
    'Pulling image "app:v1"',
    'Pulling image "app:v1": 11 of 43 MB',
    'Pulling image "app:v1": 42 of 43 MB',
  ]);
});

test("unpacked bytes do not count as download, and without sizes only the start is reported", () => {
  const { messages, step } = pull();
  step(0, "Pulling from team/app", "v1");
  step(4000, "Already exists", "c");
  step(4100, "Downloading", "a", 5_000_000, 10_000_000);
  step(8000, "Extracting", "a", 100, 30_000_000);
  expect(messages).toEqual([
    'Pulling image "app:v1"',
    'Pulling image "app:v1": 5 of 10 MB',
    'Pulling image "app:v1": 10 of 10 MB',
  ]);
});
