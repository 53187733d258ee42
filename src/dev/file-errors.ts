// Tells the errors of file operations that say something about a file from those that only say that reading failed.

const hasCode = (error: unknown, codes: readonly string[]): boolean =>
  codes.includes(String((error as NodeJS.ErrnoException).code));

/** Returns true if the file does not exist, or if a file is in the place of a parent folder. */
export const isGone = (error: unknown): boolean => hasCode(error, ["ENOENT", "ENOTDIR"]);

/** Returns true if the user may not read the file. */
export const isForbidden = (error: unknown): boolean => hasCode(error, ["EACCES", "EPERM"]);

/** Returns what `read` returns; undefined if the file does not exist or may not be read. */
export function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isGone(error) || isForbidden(error)) return undefined;
    throw error;
  }
}
