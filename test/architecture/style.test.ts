// Checks rules of style that the formatter does not check. Each rule has a limit of violations.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

/** The maximum number of violations. Lower a limit when the count has fallen; never raise it. */
const LIMITS = { longComments: 0, privateMembers: 0 };
const COMMENT = /^\s*(\/\/|\/\*|\*)/;
const MAX_COLUMNS = 120;

interface SourceLine {
  readonly place: string;
  readonly text: string;
}

function linesOf(folder: string): readonly SourceLine[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => /\.(tsx?|mjs)$/.test(file));
  return files.sort().flatMap((file) => {
    const lines = readFileSync(`${folder}/${file}`, "utf8").split("\n");
    return lines.map((text, index) => ({ place: `${folder}/${file}:${index + 1}`, text }));
  });
}

/** Fails with the places of all violations if there are more than `limit`. */
function expectAtMost(limit: number, violations: readonly SourceLine[]): void {
  const places = violations.map(({ place }) => place);
  expect(places.length, `${places.length} violations, at most ${limit}:\n${places.join("\n")}`).toBeLessThanOrEqual(
    limit,
  );
}

describe("the style of the sources", () => {
  const lines = ["src", "test", "scripts"].flatMap(linesOf);

  it("no comment line is longer than 120 columns", () => {
    const isLong = ({ text }: SourceLine): boolean => COMMENT.test(text) && text.length > MAX_COLUMNS;
    expectAtMost(LIMITS.longComments, lines.filter(isLong));
  });

  it("classes hide members with # and use the keyword private only for constructors", () => {
    const isPrivate = ({ text }: SourceLine): boolean => /^\s+private (?!constructor)/.test(text);
    expectAtMost(LIMITS.privateMembers, lines.filter(isPrivate));
  });
});
