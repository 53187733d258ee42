// Finds keys that an object of a JSON text has more than once.

interface Level {
  /** Absent for a list. */
  readonly keys: Set<string> | undefined;
  /** Path of the object or list. */
  readonly path: string;
  /** Path of the value that is read: a field or an item. */
  place: string;
  index: number;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gs;

/** Returns the paths of repeated fields in a valid JSON text, in the order of the text. */
export function repeatedFields(text: string): readonly string[] {
  const found: string[] = [];
  const levels: Level[] = [];
  let isKey = false;
  for (const [token] of text.matchAll(TOKEN)) {
    const level = levels.at(-1);
    if (token === "{" || token === "[") {
      const path = level?.place ?? "";
      levels.push({ keys: token === "{" ? new Set() : undefined, path, place: `${path}[0]`, index: 0 });
      isKey = token === "{";
    } else if (token === "}" || token === "]") {
      levels.pop();
      isKey = false;
    } else if (token === ",") {
      isKey = level?.keys !== undefined;
      if (level && !isKey) {
        level.index += 1;
        level.place = `${level.path}[${level.index}]`;
      }
    } else if (isKey && level?.keys && token !== ":") {
      const key = JSON.parse(token) as string;
      level.place = level.path === "" ? key : `${level.path}.${key}`;
      if (level.keys.has(key)) found.push(level.place);
      level.keys.add(key);
      isKey = false;
    }
  }
  return found;
}
