// Go's text/template over plain data: parse once, execute often, errors worded as Go words them. No files, no custom functions.
import { type Parsed, parsed, unparsed } from "../parsed.ts";
import { FunctionFault, isTrue, printed, templateFunctions } from "./template-functions.ts";
import { parseNodes } from "./template-parser.ts";
import type { Command, Operand, Pipeline, TemplateNode } from "./template-syntax.ts";

/** A Go struct: reading a field that it has not is an error that names the type. Plain objects are Go maps. */
export interface GoStruct {
  readonly goType: string;
  /** Functions among the fields are methods. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface Template {
  readonly execute: (data: unknown) => Parsed<string>;
}

/** Parses a template; the error is `template: <name>:<line>: …`. */
export function parseTemplate(name: string, source: string): Parsed<Template> {
  const result = parseNodes(name, source);
  if ("error" in result) return unparsed(result.error);
  return parsed({ execute: (data) => execute(name, result.nodes, data) });
}

/** Carries a message out of the walk; never leaves {@link execute}. */
class ExecutionFault extends Error {}

function execute(name: string, nodes: readonly TemplateNode[], data: unknown): Parsed<string> {
  try {
    return parsed(new Execution(name, data).nodes(nodes, data));
  } catch (fault) {
    if (fault instanceof ExecutionFault) return unparsed(fault.message);
    throw fault;
  }
}

class Execution {
  private readonly variables: { name: string; value: unknown }[];
  private line = 1;
  private readonly name: string;

  constructor(name: string, data: unknown) {
    this.name = name;
    this.variables = [{ name: "$", value: data }];
  }

  nodes(nodes: readonly TemplateNode[], dot: unknown): string {
    let out = "";
    for (const node of nodes) {
      if (node.kind === "text") {
        out += node.text;
        continue;
      }
      this.line = node.line;
      if (node.kind === "output") {
        const value = this.pipeline(node.pipeline, dot);
        if (node.pipeline.variables.length === 0) out += printed(value);
      } else out += this.block(node, dot);
    }
    return out;
  }

  private block(node: Extract<TemplateNode, { kind: "if" | "with" | "range" }>, dot: unknown): string {
    const scope = this.variables.length;
    const value = this.pipeline(node.pipeline, dot);
    let out = "";
    if (node.kind === "range") out = this.range(node, dot, value);
    else if (isTrue(value)) out = this.nodes(node.body, node.kind === "with" ? value : dot);
    else out = this.nodes(node.otherwise, dot);
    this.variables.length = scope;
    return out;
  }

  private range(node: Extract<TemplateNode, { kind: "if" | "with" | "range" }>, dot: unknown, value: unknown): string {
    const entries = entriesOf(value);
    if (entries.length === 0) return this.nodes(node.otherwise, dot);
    const [first, second] = node.pipeline.variables;
    let out = "";
    for (const [key, item] of entries) {
      if (first !== undefined) this.variables.push({ name: first, value: second === undefined ? item : key });
      if (second !== undefined) this.variables.push({ name: second, value: item });
      out += this.nodes(node.body, item);
    }
    return out;
  }

  private pipeline(pipeline: Pipeline, dot: unknown): unknown {
    let value: unknown;
    pipeline.commands.forEach((command, at) => {
      value = this.command(command, dot, at === 0 ? [] : [value]);
    });
    const [name] = pipeline.variables;
    if (name === undefined) return value;
    const known = pipeline.declares ? undefined : this.variables.findLast((variable) => variable.name === name);
    if (known) known.value = value;
    else this.variables.push({ name, value });
    return value;
  }

  private command(command: Command, dot: unknown, piped: readonly unknown[]): unknown {
    const [head, ...rest] = command as [Operand, ...Operand[]];
    const args = (): readonly unknown[] => [...rest.map((operand) => this.value(operand, dot)), ...piped];
    if (head.kind === "function") {
      try {
        return templateFunctions.get(head.name)?.(args());
      } catch (fault) {
        if (!(fault instanceof FunctionFault)) throw fault;
        throw this.fault(head.column, head.name, `error calling ${head.name}: ${fault.message}`);
      }
    }
    const value = this.value(head, dot, args());
    if (head.kind === "literal" && rest.length + piped.length > 0) {
      throw this.fault(0, head.source, `can't give argument to non-function ${head.source}`);
    }
    return value;
  }

  private value(operand: Operand, dot: unknown, args: readonly unknown[] = []): unknown {
    switch (operand.kind) {
      case "literal":
        return operand.value;
      case "field":
        return this.walk(dot, operand.path, operand.column, args);
      case "variable": {
        const found = this.variables.findLast((variable) => variable.name === operand.name);
        return this.walk(found?.value, operand.path, operand.column, args);
      }
      case "function":
        return templateFunctions.get(operand.name)?.(args);
      case "pipeline":
        return this.walk(this.pipeline(operand.pipeline, dot), operand.path, operand.column, args);
    }
  }

  private walk(start: unknown, path: readonly string[], column: number, args: readonly unknown[]): unknown {
    return path.reduce((value: unknown, field, at) => {
      const chain = `.${path.slice(0, at + 1).join(".")}`;
      const found = this.field(value, field, { column, chain });
      if (typeof found === "function") {
        const method = found as (...given: readonly unknown[]) => unknown;
        return method(...(at === path.length - 1 ? args : []));
      }
      return found;
    }, start);
  }

  private field(value: unknown, field: string, where: { column: number; chain: string }): unknown {
    if (value === undefined || value === null) {
      throw this.fault(where.column, where.chain, `nil data; no entry for key ${JSON.stringify(field)}`);
    }
    if (isStruct(value)) {
      if (Object.hasOwn(value.fields, field)) return value.fields[field];
      throw this.fault(where.column, where.chain, `can't evaluate field ${field} in type ${value.goType}`);
    }
    if (typeof value !== "object" || Array.isArray(value)) {
      throw this.fault(where.column, where.chain, `can't evaluate field ${field} in type ${typeof value}`);
    }
    return Object.hasOwn(value, field) ? (value as Record<string, unknown>)[field] : undefined;
  }

  private fault(column: number, context: string, why: string): ExecutionFault {
    return new ExecutionFault(
      `template: ${this.name}:${this.line}:${column}: executing ${JSON.stringify(this.name)} at <${context}>: ${why}`,
    );
  }
}

function isStruct(value: unknown): value is GoStruct {
  return typeof value === "object" && value !== null && "goType" in value && "fields" in value;
}

function entriesOf(value: unknown): readonly (readonly [unknown, unknown])[] {
  if (Array.isArray(value)) return value.map((item, at) => [at, item] as const);
  if (typeof value === "number") return Array.from({ length: value }, (_, at) => [at, at] as const);
  if (value === undefined || value === null || typeof value !== "object") return [];
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}
