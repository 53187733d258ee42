// Formats caught errors as text.

/** At most so many causes are printed, also if they form a cycle. */
const MOST_CAUSES = 8;

/** Returns the message of an Error; any other thrown value as text. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Returns the error's text, then the texts of its causes and aggregated errors. `stacks` adds the stack traces. */
export function errorDetails(error: unknown, stacks: boolean, depth = 0): string {
  if (!(error instanceof Error)) return typeof error === "string" ? error : jsonText(error);
  const parts = error instanceof AggregateError ? error.errors : [];
  const inner = error.cause === undefined ? parts : [error.cause, ...parts];
  const own = (stacks && error.stack) || error.message || error.name;
  if (inner.length === 0 || depth >= MOST_CAUSES) return own;
  const texts = inner.slice(0, MOST_CAUSES).map((each) => errorDetails(each, stacks, depth + 1));
  return `${own}${stacks ? "\n" : " "}caused by: ${texts.join("; ")}`;
}

/** Returns the value as JSON, also if it holds errors, bigints or cycles. */
export function jsonText(value: unknown): string {
  try {
    const text = JSON.stringify(value, (_, part: unknown) =>
      part instanceof Error ? errorDetails(part, false) : typeof part === "bigint" ? String(part) : part,
    );
    return text ?? String(value);
  } catch {
    return String(value);
  }
}
