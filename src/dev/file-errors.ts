// Tells the errors of file operations that say something about a file from those that only say that reading failed.

const hasCode = (error: unknown, codes: readonly string[]): boolean =>
  codes.includes(String((error as NodeJS.ErrnoException).code));

/** Returns true if the file does not exist: a parent folder is a file, or a symbolic link leads back to itself. */
export const isGone = (error: unknown): boolean => hasCode(error, ["ENOENT", "ENOTDIR", "ELOOP"]);

/** Returns true if the user may not read the file. */
export const isForbidden = (error: unknown): boolean => hasCode(error, ["EACCES", "EPERM"]);

/**
 * Returns what `read` returns; undefined if the system refuses, for example because the file does not exist or its
 * network share is away. A report of a changed file must not end the session.
 */
export function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
}
