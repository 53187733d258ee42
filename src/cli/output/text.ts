// Formats tables as kubectl does (three spaces between columns, upper-case headers), and latencies.

export interface Table {
  readonly headers: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Returns the lines of the table, without a final line end. */
export function tableText(table: Table, options: { readonly headers: boolean } = { headers: true }): string {
  const lines = options.headers ? [table.headers.map((header) => header.toUpperCase()), ...table.rows] : table.rows;
  const widths = table.headers.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length), 0));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd((widths[column] ?? 0) + 3))
        .join("")
        .trimEnd(),
    )
    .join("\n");
}

/** Formats a latency as 3.1 ms, 412 ms or 1.24 s. */
export function latencyText(ms: number): string {
  if (ms < 10) return `${Math.round(ms * 10) / 10} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}
