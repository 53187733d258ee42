// Which line of a Dockerfile a builder's words speak of: builders tell the failing instruction, people look for its line. Pure.

interface Clue {
  /** Finds a part of the instruction in the builder's words. */
  readonly pattern: RegExp;
  /** Instructions that can be meant. */
  readonly names: RegExp;
}

const CLUES: readonly Clue[] = [
  { pattern: /process "(?:\/bin\/sh -c )?([\s\S]+?)" did not complete/, names: /^\s*RUN\b/i },
  // Engines before 23.
  { pattern: /executor failed running \[(?:\/bin\/sh -c )?([\s\S]+?)\]: exit code/, names: /^\s*RUN\b/i },
  { pattern: /"\/?([^"\s]+)":? not found/, names: /^\s*(COPY|ADD)\b/i },
  { pattern: /(?:COPY|ADD) failed: .*?\/?([^/\s]+): no such file/, names: /^\s*(COPY|ADD)\b/i },
  { pattern: /The command '(?:\/bin\/sh -c )?([\s\S]+?)' returned a non-zero code/, names: /^\s*RUN\b/i },
];

/** 1-based; undefined: the words name no instruction. */
export function buildLine(message: string, dockerfile: string): number | undefined {
  const told = /parse error (?:on )?line (\d+)/i.exec(message)?.[1];
  if (told !== undefined) return Number(told);
  const lines = dockerfile.split(/\r?\n/);
  for (const { pattern, names } of CLUES) {
    const part = pattern.exec(message)?.[1];
    const at = part === undefined ? -1 : lines.findIndex((line) => names.test(line) && line.includes(part));
    if (at >= 0) return at + 1;
  }
  // The classic builder counts its steps and repeats each instruction.
  const step = [...message.matchAll(/^Step \d+\/\d+ : (.+)$/gm)].at(-1)?.[1];
  const at = step === undefined ? -1 : lines.findIndex((line) => line.trim() === step.trim());
  return at >= 0 ? at + 1 : undefined;
}
