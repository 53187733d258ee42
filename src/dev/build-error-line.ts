// Finds the line of a Dockerfile that a build error is about. Pure.

interface ErrorPattern {
  /** Captures a part of the instruction from the builder's message. */
  readonly pattern: RegExp;
  /** Lines with instructions that can cause this error. */
  readonly names: RegExp;
}

const ERROR_PATTERNS: readonly ErrorPattern[] = [
  { pattern: /process "(?:\/bin\/sh -c )?([\s\S]+?)" did not complete/, names: /^\s*RUN\b/i },
  // Engines before 23.
  { pattern: /executor failed running \[(?:\/bin\/sh -c )?([\s\S]+?)\]: exit code/, names: /^\s*RUN\b/i },
  { pattern: /"\/?([^"\s]+)":? not found/, names: /^\s*(COPY|ADD)\b/i },
  { pattern: /(?:COPY|ADD) failed: .*?\/?([^/\s]+): no such file/, names: /^\s*(COPY|ADD)\b/i },
  { pattern: /The command '(?:\/bin\/sh -c )?([\s\S]+?)' returned a non-zero code/, names: /^\s*RUN\b/i },
];

/**
 * Returns the 1-based line of the Dockerfile that a build error is about; undefined if the message contains no
 * instruction.
 */
export function buildLine(message: string, dockerfile: string): number | undefined {
  const parseErrorLine = /parse error (?:on )?line (\d+)/i.exec(message)?.[1];
  if (parseErrorLine !== undefined) return Number(parseErrorLine);
  const lines = dockerfile.split(/\r?\n/);
  for (const { pattern, names } of ERROR_PATTERNS) {
    const part = pattern.exec(message)?.[1];
    const at = part === undefined ? -1 : lines.findIndex((line) => names.test(line) && line.includes(part));
    if (at >= 0) return at + 1;
  }
  // The classic builder prints each instruction as a numbered step.
  const step = [...message.matchAll(/^Step \d+\/\d+ : (.+)$/gm)].at(-1)?.[1];
  const at = step === undefined ? -1 : lines.findIndex((line) => line.trim() === step.trim());
  return at >= 0 ? at + 1 : undefined;
}
