// Draws numbers as small bars.

const BARS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/** Draws `span` samples in `width` bars. A bar shows its largest sample; the lowest bar is zero. */
export function sparkline(samples: readonly number[], width: number, span: number): string {
  if (samples.length === 0) return "";
  const most = Math.max(...samples, 1);
  const perBar = span / width;
  const count = Math.min(width, Math.ceil(samples.length / perBar));
  const bars = Array.from({ length: count }, (_, index) => {
    const end = samples.length - Math.floor((count - 1 - index) * perBar);
    const part = samples.slice(Math.max(0, Math.floor(end - perBar)), end);
    return BARS[Math.round((Math.max(...part, 0) / most) * (BARS.length - 1))];
  });
  return bars.join("");
}

/** Draws a share between 0 and 1 as a bar with ends: `▐███▌`. */
export function shareBar(share: number, width: number): string {
  const inner = Math.max(0, Math.round(Math.min(1, Math.max(0, share)) * (width - 2)));
  return `▐${"█".repeat(inner)}▌`;
}
