// Draws a series of numbers as a block plot for a terminal.

const BLOCKS = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const LABEL_WIDTH = 7;

/** Shows the other series where it is not 0. */
const MARK = "•";

/**
 * Returns the title line and `rows` plot lines. The label of the first row is the greatest value. If there are more
 * values than columns, a column shows the maximum of its values. `columns` includes the labels. `marked`: a series over
 * the same time, drawn over the first one as a line of {@link MARK}.
 */
export function plotSeries(
  title: string,
  values: readonly number[],
  columns = 80,
  rows = 8,
  marked: readonly number[] = [],
): readonly string[] {
  const width = Math.max(10, columns - LABEL_WIDTH - 1);
  const shown = resampled(values, width);
  const marks = resampled(marked, width);
  const top = Math.max(1e-9, ...shown, ...marks);
  const lines = Array.from({ length: rows }, (_, line) => {
    const below = rows - 1 - line;
    const label = line === 0 ? short(top) : line === rows - 1 ? "0" : "";
    const cells = shown.map((value, column) => {
      const mark = marks[column] ?? 0;
      if (mark > 0 && Math.min(rows - 1, Math.floor((mark / top) * rows)) === below) return MARK;
      const eighths = Math.round((value / top) * rows * 8) - below * 8;
      // A value above 0 is always visible.
      const visible = below === 0 && value > 0 ? Math.max(1, eighths) : eighths;
      return BLOCKS[Math.max(0, Math.min(8, visible))];
    });
    return `${label.padStart(LABEL_WIDTH)} ${cells.join("").trimEnd()}`;
  });
  return [`${" ".repeat(LABEL_WIDTH)} ${title}`, ...lines];
}

function resampled(values: readonly number[], width: number): readonly number[] {
  if (values.length === 0) return [0];
  const columns = Math.min(width, values.length);
  return Array.from({ length: width }, (_, column) => {
    const from = Math.floor((column * values.length) / width);
    const to = columns < width ? from + 1 : Math.max(from + 1, Math.floor(((column + 1) * values.length) / width));
    return Math.max(...values.slice(from, to));
  });
}

function short(value: number): string {
  if (value >= 1e6) return `${Math.round(value / 1e5) / 10}M`;
  if (value >= 1e4) return `${Math.round(value / 100) / 10}k`;
  return String(Math.round(value * 10) / 10);
}
