// Implements a Prometheus histogram with fixed bounds. A series is identified by the text of its labels.

interface Series {
  readonly counts: number[];
  sum: number;
  count: number;
}

export class PrometheusHistogram {
  readonly #name: string;
  readonly #help: string;
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, Series>();

  constructor(name: string, help: string, bounds: readonly number[]) {
    this.#name = name;
    this.#help = help;
    this.#bounds = bounds;
  }

  /** `labels`: made by {@link makeLabels}. */
  observe(labels: string, value: number): void {
    let series = this.#series.get(labels);
    if (series === undefined) {
      series = { counts: this.#bounds.map(() => 0), sum: 0, count: 0 };
      this.#series.set(labels, series);
    }
    series.sum += value;
    series.count += 1;
    const at = this.#bounds.findIndex((bound) => value <= bound);
    if (at !== -1) series.counts[at] = (series.counts[at] as number) + 1;
  }

  /** "" before the first observation. */
  text(): string {
    if (this.#series.size === 0) return "";
    const lines = [`# HELP ${this.#name} ${this.#help}`, `# TYPE ${this.#name} histogram`];
    for (const [labels, { counts, sum, count }] of this.#series) {
      let below = 0;
      this.#bounds.forEach((bound, at) => {
        below += counts[at] as number;
        lines.push(`${this.#name}_bucket{${labels},le="${bound}"} ${below}`);
      });
      lines.push(`${this.#name}_bucket{${labels},le="+Inf"} ${count}`);
      lines.push(`${this.#name}_sum{${labels}} ${sum}`, `${this.#name}_count{${labels}} ${count}`);
    }
    return `${lines.join("\n")}\n`;
  }
}

/** Returns `name="value",…` in the given order, with escaped values. Omits undefined values. */
export function makeLabels(labels: Readonly<Record<string, string | undefined>>): string {
  const texts: string[] = [];
  for (const [name, value] of Object.entries(labels)) {
    if (value !== undefined) texts.push(`${name}="${value.replace(/[\\"\n]/g, escaped)}"`);
  }
  return texts.join(",");
}

function escaped(char: string): string {
  return char === "\n" ? "\\n" : `\\${char}`;
}
