// Evaluates patterns with the syntax of .dockerignore.
import dockerignore from "@balena/dockerignore";

/** Returns true if a pattern matches the path or a folder above it. Paths are relative, with / as separator. */
export function makePatterns(patterns: readonly string[]): (path: string) => boolean {
  const rules = dockerignore.default({ ignorecase: false }).add([...patterns]);
  return (path) => rules.ignores(path);
}
