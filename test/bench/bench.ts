// The types of a benchmark. Figures are compared with a reference in the same run; absolute numbers depend on the
// machine.

export interface Figure {
  readonly name: string;
  readonly value: number;
  /** `req/s`, `ms`, `MB`, `×`, … */
  readonly unit: string;
  /** The goal as text: `≥ 0.3 × nginx`. */
  readonly goal?: string;
  readonly reached?: boolean;
}

export interface Bench {
  readonly name: string;
  /** Resolves with the figures. `skipped` names a missing program (nginx, wrk). */
  run(): Promise<{ readonly figures: readonly Figure[]; readonly skipped?: string }>;
}

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** Returns the q-quantile (0…1) by nearest rank. */
export function quantile(values: readonly number[], q: number): number {
  const ranked = sorted(values);
  return ranked[Math.min(ranked.length - 1, Math.max(0, Math.ceil(q * ranked.length) - 1))] ?? Number.NaN;
}
export const median = (values: readonly number[]): number => quantile(values, 0.5);
