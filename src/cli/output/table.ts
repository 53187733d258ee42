// Lines up cells in columns as kubectl does: three spaces between, upper-case headers, no line at the end of the last cell.

export interface Table {
  readonly headers: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The table's lines; without rows, nothing. */
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
