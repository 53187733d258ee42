// Splits a command line into words as a POSIX shell does, without expansion. Pure.

const WORD = /(?:[^\s"'\\]|\\[\s\S]|"(?:[^"\\]|\\[\s\S])*"|'[^']*')+/g;
const PART = /\\([\s\S])|"((?:[^"\\]|\\[\s\S])*)"|'([^']*)'/g;

/** Returns the words. Quotes and backslashes are resolved; a quote without its end is part of no word. */
export function shellWords(line: string): readonly string[] {
  const words = line.match(WORD) ?? [];
  return words.map((word) =>
    word.replace(PART, (_, escaped?: string, double?: string, single?: string) => {
      if (double !== undefined) return double.replace(/\\(["\\$`])/g, "$1");
      return escaped ?? single ?? "";
    }),
  );
}
