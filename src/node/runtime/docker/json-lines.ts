// A stream of JSON values, one a line, as the engine reports progress and events. Buffers by newline; skips what does not parse.
import type { Readable } from "node:stream";

/** Yields each line's value; a last line without a newline counts. */
export async function* readJsonLines<T>(bytes: Readable): AsyncGenerator<T> {
  let pending = "";
  const decoder = new TextDecoder();
  for await (const chunk of bytes) {
    pending += decoder.decode(chunk as Buffer, { stream: true });
    const lines = pending.split("\n");
    pending = lines.pop() ?? "";
    for (const line of lines) yield* parse<T>(line);
  }
  yield* parse<T>(pending);
}

function parse<T>(line: string): T[] {
  if (line.trim() === "") return [];
  try {
    return [JSON.parse(line) as T];
  } catch {
    return [];
  }
}
