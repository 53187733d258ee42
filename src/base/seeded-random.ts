// Generates repeatable random numbers in [0, 1) (Mulberry32). Not for secrets.

const STEP = 0x6d2b79f5;

/** Returns a generator of the numbers {@link randomAt} has for n = 0, 1, 2, … */
export function makeRandom(seed: number): () => number {
  let drawn = 0;
  return () => randomAt(seed, drawn++);
}

/** Returns number `n` of a seed's sequence without the ones before it. */
export function randomAt(seed: number, n: number): number {
  const state = (seed + Math.imul(n + 1, STEP)) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
