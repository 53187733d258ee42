const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** Formats a size as 512 B, 9.5 MiB or 212 MiB. */
export function bytesText(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log(bytes) / Math.log(1024)));
  const amount = bytes / 1024 ** power;
  return `${amount < 10 && power > 0 ? Math.round(amount * 10) / 10 : Math.round(amount)} ${UNITS[power]}`;
}
