// Binds the placeholders of a conversation at their first appearance in an answer, and puts bound values into requests.
const PLACEHOLDER = /\{\{([a-z]+)(?::(\d+))?\}\}/;
const EACH = new RegExp(PLACEHOLDER.source, "g");
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

export class Placeholders {
  readonly #bound = new Map<string, string>();

  constructor(namespace: string) {
    this.#bound.set("{{ns}}", namespace);
  }

  /** Replaces placeholders in all texts of a request. Throws for one that no answer has bound. */
  fill<T>(value: T): T {
    if (typeof value === "string") {
      return value.replace(EACH, (text, name: string, number: string) => this.#text(text, name, number)) as T;
    }
    if (Array.isArray(value)) return value.map((item) => this.fill(item)) as T;
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.fill(key), this.fill(item)])) as T;
  }

  #text(text: string, name: string, number: string): string {
    if (name === "fill") return "x".repeat(Number(number));
    const bound = this.#bound.get(text);
    if (bound === undefined) throw new Error(`no answer gave a value for ${text}`);
    return bound;
  }

  /** Compares a recorded text with an actual one. Returns the difference. */
  compare(expected: string, actual: unknown): string | undefined {
    const differs = `expected ${shown(expected)}, is ${shown(actual)}`;
    if (expected === "{{any}}") return undefined;
    if (typeof actual !== "string") return differs;
    if (!PLACEHOLDER.test(expected)) return expected === actual ? undefined : differs;
    const names: string[] = [];
    const parts = expected.split(/(\{\{[a-z]+(?::\d+)?\}\})/).map((part, index) => {
      if (index % 2 === 0) return escaped(part);
      const fill = /^\{\{fill:(\d+)\}\}$/.exec(part);
      if (fill) return `x{${fill[1]}}`;
      names.push(part);
      return "(.*)";
    });
    // A regular expression cannot repeat a letter millions of times, but such texts stand alone.
    const fill = /^\{\{fill:(\d+)\}\}$/.exec(expected);
    if (fill) return actual === "x".repeat(Number(fill[1])) ? undefined : differs;
    const found = new RegExp(`^${parts.join("")}$`, "s").exec(actual);
    if (!found) return differs;
    const wrong = names.map((name, index) => this.#bind(name, found[index + 1] ?? "")).find((text) => text);
    return wrong === undefined ? undefined : `${wrong} (${differs})`;
  }

  #bind(name: string, value: string): string | undefined {
    if (name === "{{any}}") return undefined;
    if (name === "{{time}}") return TIME.test(value) ? undefined : `${value} is not a time`;
    const bound = this.#bound.get(name);
    // The version of a list may rise, because other conversations write too. The newest one is used in requests.
    if (name.startsWith("{{list:") && /^\d+$/.test(value)) {
      this.#bound.set(name, value);
      return undefined;
    }
    if (bound !== undefined) return bound === value ? undefined : `${name} was ${bound}, is ${value}`;
    const wrong = name.startsWith("{{rv:") ? this.#orderError(name, value) : formError(name, value);
    if (wrong === undefined) this.#bound.set(name, value);
    return wrong;
  }

  /** Versions rise with their numbers; equal versions have equal numbers. */
  #orderError(name: string, value: string): string | undefined {
    if (!/^\d+$/.test(value)) return `${name} is not a version: ${value}`;
    const number = numberOf(name);
    for (const [other, bound] of this.#bound) {
      if (!other.startsWith("{{rv:")) continue;
      const isRight = numberOf(other) < number ? Number(bound) < Number(value) : Number(bound) > Number(value);
      if (!isRight) return `order of versions: ${other} is ${bound}, ${name} is ${value}`;
    }
    return undefined;
  }
}

function formError(name: string, value: string): string | undefined {
  if (value === "") return `${name} is empty`;
  if (/^\{\{(created|deleted):/.test(name) && !TIME.test(value)) return `${name} is not a time: ${value}`;
  return undefined;
}

function numberOf(name: string): number {
  return Number(PLACEHOLDER.exec(name)?.[2]);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
