// Reads plain YAML scalars, those without quotes and tag: as kubectl reads them, or by the core schema of YAML 1.2.

const KEYWORDS = new Map<string, boolean | null>([
  ...spellings("y", "yes", "on", "true").map((word) => [word, true] as const),
  ...spellings("n", "no", "off", "false").map((word) => [word, false] as const),
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, null] as const),
]);
const FLOAT = /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/;
const INTEGER = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9]\d*))$/;
const RADIXES = [16, 2, 8, 10] as const;

function spellings(...words: readonly string[]): readonly string[] {
  return words.flatMap((word) => {
    const capital = word.charAt(0).toUpperCase() + word.slice(1);
    return [word, capital, word.toUpperCase()];
  });
}

export type ReadScalar = (source: string) => string | number | boolean | null;

/** Converts a plain scalar like kubectl: YAML 1.1 as in Go's yaml, without dates and base-60 numbers. */
export function plainScalar(source: string): string | number | boolean | null {
  const keyword = KEYWORDS.get(source);
  if (keyword !== undefined) return keyword;
  return /^[-+.\d]/.test(source) ? (numberOf(source) ?? source) : source;
}

function numberOf(source: string): number | undefined {
  // Go does not allow underscores in numbers that begin with a dot.
  const text = source.startsWith(".") ? source : source.replaceAll("_", "");
  const integer = INTEGER.exec(text);
  if (integer) {
    const at = integer.slice(2).findIndex((digits) => digits !== undefined);
    const value = Number.parseInt(integer[at + 2] ?? "", RADIXES[at] ?? 10);
    return integer[1] === "-" && value !== 0 ? -value : value;
  }
  return FLOAT.test(text) ? Number(text) : undefined;
}

const CORE_KEYWORDS = new Map<string, boolean | null>([
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, null] as const),
  ...["true", "True", "TRUE"].map((word) => [word, true] as const),
  ...["false", "False", "FALSE"].map((word) => [word, false] as const),
]);

/** Converts a plain scalar by the core schema of YAML 1.2: `yes` is a string, and `0123` is a decimal number. */
export function coreScalar(source: string): string | number | boolean | null {
  const keyword = CORE_KEYWORDS.get(source);
  if (keyword !== undefined) return keyword;
  return FLOAT.test(source) || /^0(x[0-9a-fA-F]+|o[0-7]+)$/.test(source) ? Number(source) : source;
}
