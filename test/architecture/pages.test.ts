// Checks that the pages name only files and rooms that exist, and keep their limits.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { type SessionFlag, sessionFlags } from "../../src/project/session-flags.ts";
import { floors } from "./house.ts";

const pages = [
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "README.md",
  "SECURITY.md",
  ...readdirSync("docs").map((name) => `docs/${name}`),
];
const IN_PROJECT = /^(src|test|scripts|docs|examples|templates|\.ci|\.github)\//;

/** Returns the files and folders that a page names in backticks or links; for a glob, the folder before it. */
function pathsIn(page: string): readonly string[] {
  const text = readFileSync(page, "utf8");
  const named = [...text.matchAll(/`([^`\s]+)`/g)].map(([, path = ""]) => path).filter((path) => IN_PROJECT.test(path));
  const linked = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path = ""]) => join(dirname(page), path));
  return [...named, ...linked].map((path) => path.replace(/[^/]*\*.*$/, ""));
}

describe("the pages of the project", () => {
  it.each(pages)("the page %s names only paths that exist", (page) => {
    expect(pathsIn(page).filter((path) => !existsSync(path))).toEqual([]);
  });

  it("ARCHITECTURE.md has at most 120 lines and at least 20 rows in its table of changes", () => {
    const lines = readFileSync("ARCHITECTURE.md", "utf8").trimEnd().split("\n");
    expect(lines.length).toBeLessThanOrEqual(120);
    const rows = lines.filter((line) => /^\| (add|change|make|record) /.test(line));
    expect(rows.length).toBeGreaterThanOrEqual(20);
    const starts = rows.map((row) => row.split("|")[2] ?? "");
    expect(starts.filter((cell) => !/`(src|test)\//.test(cell))).toEqual([]);
  });

  it("ARCHITECTURE.md names every room", () => {
    const map = readFileSync("ARCHITECTURE.md", "utf8");
    expect(Object.keys(floors).filter((room) => !map.includes(`\`${room}/\``))).toEqual([]);
  });

  it.each(Object.entries<SessionFlag>(sessionFlags))("docs/configuration.md has the flag %s", (name, flag) => {
    const rows = readFileSync("docs/configuration.md", "utf8").split("\n");
    const row = rows.find((line) => line.startsWith(`| \`--${name}\``) || line.includes(`(key \`${name}\`)`)) ?? "";
    const choices = flag.kind.type === "choice" ? flag.kind.choices : [];
    const defaults = flag.kind.type === "switch" ? [] : [flag.default ?? []].flat();
    const expected = [flag.env ?? "", ...choices, ...defaults.map(String)];
    expect(expected.filter((text) => !row.includes(text))).toEqual([]);
  });
});
