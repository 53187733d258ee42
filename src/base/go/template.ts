// Executes Go's text/template on plain data, with Go's error texts. Does not support files and custom functions.
import { failed, ok, type Result } from "../result.ts";
import {
  FunctionFault,
  goTypeOf,
  isTrue,
  MAX_OUTPUT,
  printed,
  templateFunctions,
  wrongCount,
} from "./template-functions.ts";
import { parseNodes } from "./template-parser.ts";
import type { Command, Operand, Pipeline, TemplateNode } from "./template-syntax.ts";

/**
 * A Go struct: reading an unknown field is an error that names the type, as in Go.
 * Plain objects are treated as Go maps instead.
 */
export interface GoStruct {
  readonly goType: string;
  /** Fields whose value is a function are methods. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface Template {
  readonly execute: (data: unknown) => Result<string>;
}

const MAX_SOURCE = 65_536;
/** Limits of one execution, for templates that loop or pad. */
const MAX_STEPS = 100_000;

/** Parses a template. The error reads `template: <name>:<line>: …`. */
export function parseTemplate(name: string, source: string): Result<Template> {
  if (source.length > MAX_SOURCE) return failed(`template: ${name}: has more than ${MAX_SOURCE} characters`);
  const result = parseNodes(name, source);
  if ("error" in result) return failed(result.error);
  return ok({ execute: (data) => execute(name, result.nodes, data) });
}

/** Ends the execution with an error text. {@link execute} catches it. */
class ExecutionFault extends Error {}

function execute(name: string, nodes: readonly TemplateNode[], data: unknown): Result<string> {
  try {
    return ok(new Execution(name, data).nodes(nodes, data));
  } catch (fault) {
    if (fault instanceof ExecutionFault) return failed(fault.message);
    throw fault;
  }
}

class Execution {
  readonly #variables: { name: string; value: unknown }[];
  #line = 1;
  #steps = 0;
  #produced = 0;
  readonly #name: string;

  constructor(name: string, data: unknown) {
    this.#name = name;
    this.#variables = [{ name: "$", value: data }];
  }

  nodes(nodes: readonly TemplateNode[], dot: unknown): string {
    let out = "";
    for (const node of nodes) {
      this.#step();
      if (node.kind === "text") {
        out += this.#counted(node.text);
        continue;
      }
      this.#line = node.line;
      if (node.kind === "output") {
        const value = this.#pipeline(node.pipeline, dot);
        if (node.pipeline.variables.length === 0) out += this.#counted(printed(value));
      } else out += this.#block(node, dot);
    }
    return out;
  }

  #step(): void {
    this.#steps += 1;
    if (this.#steps > MAX_STEPS) throw new ExecutionFault(`template: ${this.#name}:${this.#line}: has too many steps`);
  }

  #counted(text: string): string {
    this.#produced += text.length;
    if (this.#produced <= MAX_OUTPUT) return text;
    throw new ExecutionFault(`template: ${this.#name}:${this.#line}: produces more than ${MAX_OUTPUT} characters`);
  }

  #block(node: Extract<TemplateNode, { kind: "if" | "with" | "range" }>, dot: unknown): string {
    const scope = this.#variables.length;
    const value = this.#pipeline(node.pipeline, dot);
    let out = "";
    if (node.kind === "range") out = this.#range(node, dot, value);
    else if (isTrue(value)) out = this.nodes(node.body, node.kind === "with" ? value : dot);
    else out = this.nodes(node.otherwise, dot);
    this.#variables.length = scope;
    return out;
  }

  #range(node: Extract<TemplateNode, { kind: "if" | "with" | "range" }>, dot: unknown, value: unknown): string {
    const entries = entriesOf(value);
    if (!entries) {
      // As in Go, the error names the operand that was evaluated last.
      const last = node.pipeline.commands.at(-1)?.at(-1) as Operand;
      throw this.#fault(last.column, operandText(last), `range can't iterate over ${printed(value)}`);
    }
    const [first, second] = node.pipeline.variables;
    const scope = this.#variables.length;
    let isEmpty = true;
    let out = "";
    for (const [key, item] of entries) {
      this.#step();
      isEmpty = false;
      this.#variables.length = scope;
      if (first !== undefined) this.#variables.push({ name: first, value: second === undefined ? item : key });
      if (second !== undefined) this.#variables.push({ name: second, value: item });
      out += this.nodes(node.body, item);
    }
    return isEmpty ? this.nodes(node.otherwise, dot) : out;
  }

  #pipeline(pipeline: Pipeline, dot: unknown): unknown {
    let value: unknown;
    pipeline.commands.forEach((command, at) => {
      value = this.#command(command, dot, at === 0 ? [] : [value]);
    });
    const [name] = pipeline.variables;
    if (name === undefined) return value;
    const known = pipeline.declares ? undefined : this.#variables.findLast((variable) => variable.name === name);
    if (known) known.value = value;
    else this.#variables.push({ name, value });
    return value;
  }

  #command(command: Command, dot: unknown, piped: readonly unknown[]): unknown {
    const [head, ...rest] = command as [Operand, ...Operand[]];
    const args = (): readonly unknown[] => [...rest.map((operand) => this.#value(operand, dot)), ...piped];
    if (head.kind === "function") return this.#call(head, args(), commandText(command));
    if (head.kind === "literal" && head.source === "nil") throw this.#fault(head.column, "nil", "nil is not a command");
    const value = this.#value(head, dot, args());
    const text = operandText(head);
    if (
      rest.length > 0 &&
      (head.kind === "literal" || text === "." || (head.kind === "variable" && !head.path.length))
    ) {
      throw this.#fault(head.column, text, `can't give argument to non-function ${text}`);
    }
    return value;
  }

  #call({ name, column }: { name: string; column: number }, args: readonly unknown[], text: string): unknown {
    const wrong = wrongCount(name, args.length);
    if (wrong !== undefined) throw this.#fault(column, name, wrong);
    try {
      const result = templateFunctions.get(name)?.(args);
      return typeof result === "string" ? this.#counted(result) : result;
    } catch (fault) {
      if (!(fault instanceof FunctionFault)) throw fault;
      throw this.#fault(column, text, `error calling ${name}: ${fault.message}`);
    }
  }

  #value(operand: Operand, dot: unknown, args: readonly unknown[] = []): unknown {
    switch (operand.kind) {
      case "literal":
        return operand.value;
      case "field":
        return this.#walk(dot, operand.path, operand.column, args);
      case "variable": {
        const found = this.#variables.findLast((variable) => variable.name === operand.name);
        return this.#walk(found?.value, operand.path, operand.column, args);
      }
      case "function":
        return this.#call(operand, args, operand.name);
      case "pipeline":
        return this.#walk(this.#pipeline(operand.pipeline, dot), operand.path, operand.column, args);
    }
  }

  #walk(start: unknown, path: readonly string[], column: number, args: readonly unknown[]): unknown {
    return path.reduce((value: unknown, field, at) => {
      const chain = `.${path.slice(0, at + 1).join(".")}`;
      const found = this.#field(value, field, { column, chain });
      const given = at === path.length - 1 ? args : [];
      if (typeof found === "function") return (found as (...given: readonly unknown[]) => unknown)(...given);
      if (given.length === 0) return found;
      const why = isStruct(value)
        ? "has arguments but cannot be invoked as function"
        : "is not a method but has arguments";
      throw this.#fault(column, chain, `${field} ${why}`);
    }, start);
  }

  #field(value: unknown, field: string, where: { column: number; chain: string }): unknown {
    if (value === undefined || value === null) {
      throw this.#fault(where.column, where.chain, `nil data; no entry for key ${JSON.stringify(field)}`);
    }
    if (isStruct(value)) {
      if (Object.hasOwn(value.fields, field)) return value.fields[field];
      throw this.#fault(where.column, where.chain, `can't evaluate field ${field} in type ${value.goType}`);
    }
    if (typeof value !== "object" || Array.isArray(value)) {
      throw this.#fault(where.column, where.chain, `can't evaluate field ${field} in type ${goTypeOf(value)}`);
    }
    return Object.hasOwn(value, field) ? (value as Record<string, unknown>)[field] : undefined;
  }

  #fault(column: number, context: string, why: string): ExecutionFault {
    return new ExecutionFault(
      `template: ${this.#name}:${this.#line}:${column}: executing ${JSON.stringify(this.#name)} at <${context}>: ${why}`,
    );
  }
}

/** Formats a command as Go's errors quote it. */
function commandText(command: Command): string {
  return command.map(operandText).join(" ");
}

function operandText(operand: Operand): string {
  switch (operand.kind) {
    case "literal":
      return operand.source;
    case "function":
      return operand.name;
    case "field":
      return `.${operand.path.join(".")}`;
    case "variable":
      return [operand.name, ...operand.path].join(".");
    case "pipeline":
      return [`(${operand.pipeline.commands.map(commandText).join(" | ")})`, ...operand.path].join(".");
  }
}

function isStruct(value: unknown): value is GoStruct {
  return typeof value === "object" && value !== null && "goType" in value && "fields" in value;
}

/** Returns key-value pairs; undefined if the value cannot be iterated. */
function entriesOf(value: unknown): Iterable<readonly [unknown, unknown]> | undefined {
  if (typeof value === "boolean" || typeof value === "string") return undefined;
  if (Array.isArray(value)) return value.map((item, at) => [at, item] as const);
  if (typeof value === "number" && !Number.isInteger(value)) return undefined;
  if (typeof value === "number") return upTo(value);
  if (value === undefined || value === null || typeof value !== "object") return [];
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}

function* upTo(count: number): Iterable<readonly [number, number]> {
  for (let at = 0; at < count; at++) yield [at, at];
}
