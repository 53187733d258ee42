// Statements that only a bug of our own can make false. Never for user input or for the world failing.

/** Throws when a fact that the code relies on does not hold. */
export function invariant(holds: unknown, fact: string): asserts holds {
  if (!holds) throw new Error(`broken invariant: ${fact}`);
}
