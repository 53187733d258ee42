// The shape of a benchmark: figures against a named reference in the same run. Ratios are for quoting; absolute numbers are for comparing with each other only.

export interface Figure {
  readonly name: string;
  readonly value: number;
  /** `req/s`, `ms`, `MB`, `×`, … */
  readonly unit: string;
  /** What it is held against, in words: `≥ 0.3 × nginx`. */
  readonly goal?: string;
  readonly reached?: boolean;
}

export interface Bench {
  readonly name: string;
  /** Resolves with its figures; a missing program (nginx, wrk) is named in `skipped`. */
  run(): Promise<{ readonly figures: readonly Figure[]; readonly skipped?: string }>;
}

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** The q-quantile (0…1) by nearest rank. */
export function quantile(values: readonly number[], q: number): number {
  const ranked = sorted(values);
  return ranked[Math.min(ranked.length - 1, Math.max(0, Math.ceil(q * ranked.length) - 1))] ?? Number.NaN;
}
export const median = (values: readonly number[]): number => quantile(values, 0.5);
