// Checks mutated manifests: reading never throws, and every error has a position inside the file.
import { readFileSync } from "node:fs";
import type { Diagnostic } from "../../src/manifest/diagnostic.ts";
import { validateFiles } from "../../src/manifest/validate-files.ts";
import { makeRandom, mutatedYaml } from "./mutate-yaml.ts";

const DATA = new URL("../golden/data/validation.json", import.meta.url);

/** Realistic documents to mutate. */
export function seedDocuments(): readonly string[] {
  const cases = JSON.parse(readFileSync(DATA, "utf8")) as readonly { yaml?: string; new?: string }[];
  return cases.flatMap(({ yaml, new: changed }) => yaml ?? changed ?? []);
}

export interface Broken {
  readonly seed: number;
  readonly text: string;
  readonly why: string;
}

/** Reads `count` mutated documents from number `first` on. Returns those that fail. */
export function breakingManifests(count: number, first: number): { broken: readonly Broken[]; refused: number } {
  const seeds = seedDocuments();
  const broken: Broken[] = [];
  let refused = 0;
  for (let seed = first; seed < first + count; seed++) {
    const random = makeRandom(seed);
    const text = mutatedYaml(seeds[Math.floor(random() * seeds.length)] ?? "", random);
    try {
      const { diagnostics } = validateFiles([{ name: "fuzz.yaml", text }], { mode: "validate" });
      if (diagnostics.some(({ severity }) => severity === "error")) refused += 1;
      const lines = text.split(/\r\n|\r|\n/);
      const misplaced = diagnostics.find((diagnostic) => !isInside(diagnostic, lines));
      if (misplaced) broken.push({ seed, text, why: `not in the file: ${JSON.stringify(misplaced)}` });
    } catch (error) {
      broken.push({ seed, text, why: String((error as Error).stack ?? error) });
    }
  }
  return { broken, refused };
}

/** A position can be directly after the last character of a line or of the file. */
function isInside({ line, column, endColumn, message }: Diagnostic, lines: readonly string[]): boolean {
  const text = lines[line - 1];
  if (text === undefined || message === "") return false;
  return column >= 1 && column <= text.length + 1 && (endColumn === undefined || endColumn <= text.length + 1);
}
