/** Returns for example "1 pod" or "2 pods". */
export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

const MOST_FILES = 3;

/** Returns the first names of a list of files and the number of the others. */
export function filesText(files: readonly string[]): string {
  const more = files.length - MOST_FILES;
  return files.slice(0, MOST_FILES).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
