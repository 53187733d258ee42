// Detects typing mistakes, for "did you mean" hints.

/**
 * Returns true if `typed` differs from `word` by one letter (added, missing, replaced) or by two adjacent letters
 * swapped, or if it is a prefix of `word` with at least three letters.
 */
export function isNear(word: string, typed: string): boolean {
  if (typed.length > 2 && word.startsWith(typed)) return true;
  if (Math.max(word.length, typed.length) < 3) return false;
  let at = 0;
  while (at < word.length && word[at] === typed[at]) at++;
  const [rest, other] = [word.slice(at), typed.slice(at)];
  const swapped = `${rest[1] ?? ""}${rest[0] ?? ""}${rest.slice(2)}`;
  return rest.slice(1) === other || rest === other.slice(1) || rest.slice(1) === other.slice(1) || swapped === other;
}
