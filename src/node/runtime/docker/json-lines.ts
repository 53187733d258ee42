// Reads the engine's progress and event streams, which have one JSON object per line. Skips other lines.
import type { Readable } from "node:stream";
import { isFields, parseJson } from "../../../base/json.ts";

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
  const value = parseJson(line);
  return isFields(value) ? [value as T] : [];
}
