// Parses the text form of label selectors: `a=b,c!=d,e in (f,g),!h,i>5`. Texts of errors follow Kubernetes' parser.
import { failed, ok, type Result } from "../../base/result.ts";
import { labelValueErrors, qualifiedNameErrors } from "../meta/names.ts";
import type { LabelSelector } from "./types.ts";

type Requirement = NonNullable<LabelSelector["matchExpressions"]>[number];
const TOKEN = /\s*(==|!=|[=!(),<>]|[^\s=!(),<>]+)/y;
const SIGNS: ReadonlySet<string> = new Set(["=", "==", "!=", "!", "(", ")", ",", "<", ">"]);
const OPERATORS: Readonly<Record<string, string>> = {
  "=": "=",
  "==": "=",
  "!=": "NotIn",
  in: "In",
  notin: "NotIn",
  ">": "Gt",
  "<": "Lt",
};

/** The text does not parse. Thrown and caught in this file. */
class SelectorError extends Error {}

/** Parses a selector. The error says what was found and what was expected. */
export function parseSelector(text: string): Result<LabelSelector> {
  const parser = new SelectorParser(tokensOf(text));
  try {
    return ok(parser.parse());
  } catch (error) {
    if (error instanceof SelectorError) return failed(error.message);
    throw error;
  }
}

function tokensOf(text: string): readonly string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) tokens.push(match[1] as string);
  return tokens;
}

class SelectorParser {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  /** Returns the next token; "" at the end. */
  #peek(): string {
    return this.#tokens[this.#at] ?? "";
  }

  #take(): string {
    const token = this.#peek();
    this.#at += 1;
    return token;
  }

  parse(): LabelSelector {
    const matchLabels = new Map<string, string>();
    const matchExpressions: Requirement[] = [];
    while (this.#peek() !== "") {
      if (!this.#isName() && this.#peek() !== "!") {
        throw new SelectorError(`found '${this.#peek()}', expected: !, identifier, or 'end of string'`);
      }
      const { key, operator, values = [] } = this.#requirement();
      // matchLabels can have only one requirement per key.
      if (operator !== "=") matchExpressions.push({ key, operator, values });
      else if (matchLabels.has(key)) matchExpressions.push({ key, operator: "In", values });
      else matchLabels.set(key, values[0] ?? "");
      if (this.#peek() === "") break;
      if (this.#peek() !== ",") throw new SelectorError(`found '${this.#peek()}', expected: ',' or 'end of string'`);
      this.#take();
      if (!this.#isName() && this.#peek() !== "!") {
        throw new SelectorError(`found '${this.#peek()}', expected: identifier after ','`);
      }
    }
    return { matchLabels: Object.fromEntries(matchLabels), matchExpressions };
  }

  #requirement(): Requirement {
    const isAbsent = this.#peek() === "!";
    if (isAbsent) this.#take();
    if (!this.#isName()) throw refused(`found '${this.#peek()}', expected: identifier`);
    const key = this.#take();
    check("key", key, qualifiedNameErrors(key));
    if (isAbsent) return { key, operator: "DoesNotExist" };
    if (this.#peek() === "" || this.#peek() === ",") return { key, operator: "Exists" };
    const sign = this.#take();
    const operator = Object.hasOwn(OPERATORS, sign) ? OPERATORS[sign] : undefined;
    if (operator === undefined) throw refused(`found '${sign}', expected: in, notin, =, ==, !=, gt, lt`);
    const values = sign === "in" || sign === "notin" ? this.#set() : [this.#value()];
    for (const [index, value] of values.entries()) check(`values[${index}]`, value, labelValueErrors(value));
    if ((operator === "Gt" || operator === "Lt") && !/^[+-]?\d+$/.test(values[0] ?? "")) {
      check("values[0]", values[0] ?? "", ["for 'Gt', 'Lt' operators, the value must be an integer"]);
    }
    return { key, operator, values };
  }

  #value(): string {
    if (this.#peek() === "" || this.#peek() === ",") return "";
    if (SIGNS.has(this.#peek())) throw refused(`found '${this.#peek()}', expected: identifier`);
    return this.#take();
  }

  /** Values in parentheses. An empty place between commas is the value "". */
  #set(): readonly string[] {
    if (this.#peek() !== "(") throw refused(`found '${this.#peek()}' expected: '('`);
    this.#take();
    if (this.#peek() === ")")
      throw refused("values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty");
    const values: string[] = [];
    for (;;) {
      const isEmpty = this.#peek() === "," || this.#peek() === ")";
      if (!isEmpty && (this.#peek() === "" || SIGNS.has(this.#peek()))) {
        throw refused(`found '${this.#peek()}', expected: ',' or ')'`);
      }
      values.push(isEmpty ? "" : this.#take());
      const end = this.#take();
      if (end === ")") return values;
      if (end !== ",") throw refused(`found '${end}', expected: ',' or ')'`);
    }
  }

  #isName(): boolean {
    return this.#peek() !== "" && !SIGNS.has(this.#peek()) && this.#peek() !== "in" && this.#peek() !== "notin";
  }
}

function refused(message: string): SelectorError {
  return new SelectorError(`unable to parse requirement: ${message}`);
}

function check(path: string, value: string, errors: readonly string[]): void {
  if (errors.length > 0) throw refused(`${path}: Invalid value: ${JSON.stringify(value)}: ${errors.join("; ")}`);
}
