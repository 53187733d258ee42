import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../../../", import.meta.url);
const { findProblems } = await import(new URL("scripts/release.mjs", root).href);

const changelog =
  "# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-12-01\n\n### Added\n\n- A command.\n\n## [1.1.0] - 2026-11-01\n";
const ready = { version: "1.2.0", packageVersion: "1.2.0", changelog, changes: "" };

test("a clean commit with the version in package.json and CHANGELOG.md can be released", () => {
  expect(findProblems(ready)).toEqual([]);
});

test.each([
  [{ version: "next" }, '"next" is no version'],
  [{ changes: " M src/a.ts\n" }, "uncommitted changes: commit or drop them\n M src/a.ts"],
  [{ packageVersion: "1.1.0" }, "npm version 1.2.0"],
  [{ changelog: changelog.replace("1.2.0", "1.3.0") }, 'no heading "## [1.2.0] - YYYY-MM-DD"'],
  [{ changelog: changelog.replace("- A command.\n", "") }, "no entries for 1.2.0"],
  [{ changelog: changelog.replace("## [1.2.0]", "- A flag.\n\n## [1.2.0]") }, "move them to 1.2.0"],
])("a release is refused for %j, with what to do", (change, problem) => {
  expect(findProblems({ ...ready, ...change })).toEqual([expect.stringContaining(problem)]);
});

test("CHANGELOG.md has the form of Keep a Changelog, which the release reads", () => {
  const text = readFileSync(new URL("CHANGELOG.md", root), "utf8");
  const headings = text.split("\n").filter((line) => line.startsWith("## "));
  for (const heading of headings) expect(heading).toMatch(/^## \[(?:Unreleased|\d+\.\d+\.\d+\S*\] - \d{4}-\d\d-\d\d$)/);
});
