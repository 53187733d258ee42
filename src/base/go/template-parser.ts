// Parses the tokens of a Go template into a syntax tree. Errors read `template: <name>:<line>: <what>`, as in Go.
import { quote } from "./quote.ts";
import { templateFunctions } from "./template-functions.ts";
import { lex, type Piece, type Token } from "./template-lexer.ts";
import type { Command, Operand, Pipeline, TemplateNode } from "./template-syntax.ts";

/** Ends the recursion with an error text. {@link parseNodes} catches it. */
class SyntaxFault extends Error {}

/** How deep parentheses and blocks may be nested: the parser and the execution are recursive. */
const MAX_DEPTH = 100;

/** Parses a template. Returns its nodes, or the first error. */
export function parseNodes(name: string, source: string): { nodes: readonly TemplateNode[] } | { error: string } {
  const pieces = lex(source);
  if ("message" in pieces) return { error: `template: ${name}:${pieces.line}: ${pieces.message}` };
  const parser = new Parser(pieces);
  try {
    return { nodes: parser.template() };
  } catch (fault) {
    if (!(fault instanceof SyntaxFault)) throw fault;
    return { error: `template: ${name}:${parser.line}: ${fault.message}` };
  }
}

class Parser {
  line = 1;
  #at = 0;
  #depth = 0;
  #variables: string[] = ["$"];
  readonly #pieces: readonly Piece[];

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  template(): readonly TemplateNode[] {
    const { nodes, closedBy } = this.#list();
    if (closedBy) throw new SyntaxFault(`unexpected {{${closedBy.tokens[0]?.text ?? ""}}}`);
    return nodes;
  }

  /** Reads nodes up to the `end` or `else` that closes the block, or to the end of the template. */
  #list(): { nodes: TemplateNode[]; closedBy?: Extract<Piece, { kind: "action" }> } {
    const nodes: TemplateNode[] = [];
    for (; this.#at < this.#pieces.length; ) {
      const piece = this.#pieces[this.#at++] as Piece;
      if (piece.kind === "text") {
        if (piece.text !== "") nodes.push(piece);
        continue;
      }
      this.line = piece.line;
      const first = piece.tokens[0];
      if (!first) throw new SyntaxFault("missing value for command");
      if (first.kind === "identifier" && (first.text === "end" || first.text === "else"))
        return { nodes, closedBy: piece };
      nodes.push(this.#action(first, piece));
    }
    return { nodes };
  }

  #action(first: Token, piece: Extract<Piece, { kind: "action" }>): TemplateNode {
    const keyword = first.kind === "identifier" ? first.text : "";
    if (keyword === "if" || keyword === "with" || keyword === "range") {
      return this.#nested(() => this.#block(keyword, piece.tokens.slice(1), piece.line));
    }
    if (["define", "template", "block", "break", "continue"].includes(keyword)) {
      throw new SyntaxFault(`{{${keyword}}} is not supported here`);
    }
    return { kind: "output", pipeline: this.#pipeline(piece.tokens, "command"), line: piece.line };
  }

  #nested<T>(parse: () => T): T {
    if (this.#depth >= MAX_DEPTH) throw new SyntaxFault("max expression depth exceeded");
    this.#depth += 1;
    const result = parse();
    this.#depth -= 1;
    return result;
  }

  #block(kind: "if" | "with" | "range", tokens: readonly Token[], line: number): TemplateNode {
    const scope = this.#variables.length;
    const pipeline = this.#pipeline(tokens, kind);
    const { nodes: body, closedBy } = this.#list();
    if (!closedBy) throw new SyntaxFault("unexpected EOF");
    let otherwise: readonly TemplateNode[] = [];
    const [closing, next] = closedBy.tokens;
    if (closing?.text === "else") {
      if (next?.text === kind && kind !== "range")
        otherwise = [this.#nested(() => this.#block(kind, closedBy.tokens.slice(2), closedBy.line))];
      else {
        const rest = this.#list();
        if (rest.closedBy?.tokens[0]?.text !== "end") throw new SyntaxFault("unexpected EOF");
        otherwise = rest.nodes;
      }
    }
    this.#variables.length = scope;
    return { kind, pipeline, body, otherwise, line };
  }

  #pipeline(tokens: readonly Token[], context: string): Pipeline {
    const names: string[] = [];
    let rest = tokens;
    const operator = tokens.findIndex((token) => token.text === ":=" || token.text === "=");
    const declares = tokens[operator]?.text === ":=";
    if (operator > 0) {
      for (const token of tokens.slice(0, operator)) {
        if (token.kind === "variable") names.push(token.text);
        else if (token.text !== ",") throw new SyntaxFault(`unexpected ${quote(token.text)} in ${context}`);
      }
      const unknown = declares ? undefined : names.find((name) => !this.#variables.includes(name));
      if (unknown !== undefined) throw new SyntaxFault(`undefined variable ${quote(unknown)}`);
      rest = tokens.slice(operator + 1);
    }
    const commands = this.#commands(rest, context);
    if (declares) this.#variables.push(...names);
    return { variables: names, declares, commands };
  }

  #commands(tokens: readonly Token[], context: string): readonly Command[] {
    const commands: Command[] = [];
    let current: Operand[] = [];
    for (let at = 0; at < tokens.length; ) {
      const token = tokens[at] as Token;
      if (token.text === "|" && token.kind === "symbol") {
        if (commands.length + current.length === 0) throw new SyntaxFault(`unexpected "|" in ${context}`);
        if (current.length === 0) throw new SyntaxFault(`missing value for ${context}`);
        commands.push(current);
        current = [];
        at += 1;
        if (at === tokens.length) throw new SyntaxFault(`missing value for ${context}`);
        continue;
      }
      const { operand, next } = this.#operand(tokens, at, context);
      current.push(operand);
      at = next;
    }
    if (current.length === 0) throw new SyntaxFault(`missing value for ${context}`);
    commands.push(current);
    const stage = commands.findIndex(([head], at) => at > 0 && !isExecutable(head));
    if (stage > 0) throw new SyntaxFault(`non executable command in pipeline stage ${stage + 1}`);
    return commands;
  }

  #operand(tokens: readonly Token[], at: number, context: string): { operand: Operand; next: number } {
    const token = tokens[at] as Token;
    if (token.text === "(" && token.kind === "symbol") return this.#parenthesis(tokens, at);
    if (token.kind === "field") {
      const { path, next } = fieldsFrom(tokens, at);
      return {
        operand: { kind: "field", path, column: tokens[Math.min(next - 1, at + 1)]?.column ?? token.column },
        next,
      };
    }
    if (token.text === "." && token.kind === "symbol") {
      const after = tokens[at + 1];
      if (after?.kind === "field" && !after.spaced) throw new SyntaxFault('unexpected . after term "."');
      return { operand: { kind: "field", path: [], column: token.column }, next: at + 1 };
    }
    if (token.kind === "variable") {
      if (!this.#variables.includes(token.text)) throw new SyntaxFault(`undefined variable ${quote(token.text)}`);
      const { path, next } = fieldsFrom(tokens, at + 1);
      return { operand: { kind: "variable", name: token.text, path, column: token.column }, next };
    }
    if (token.kind === "identifier") return { operand: identifierOperand(token), next: at + 1 };
    if (token.kind === "symbol") {
      throw new SyntaxFault(
        token.text === ")" ? "unexpected right paren" : `unexpected ${quote(token.text)} in ${context}`,
      );
    }
    const { text: source, column } = token;
    return { operand: { kind: "literal", value: literalValue(token), source, column }, next: at + 1 };
  }

  #parenthesis(tokens: readonly Token[], at: number): { operand: Operand; next: number } {
    let depth = 1;
    let close = at + 1;
    for (; close < tokens.length; close++) {
      if (tokens[close]?.text === "(") depth += 1;
      if (tokens[close]?.text === ")" && --depth === 0) break;
    }
    if (depth > 0) throw new SyntaxFault("unclosed left paren");
    const pipeline = this.#nested(() => this.#pipeline(tokens.slice(at + 1, close), "parenthesized pipeline"));
    const { path, next } = fieldsFrom(tokens, close + 1);
    return { operand: { kind: "pipeline", pipeline, path, column: tokens[at]?.column ?? 0 }, next };
  }
}

/** Reads a chain of field names (`.A.B`) up to the next white space. */
function fieldsFrom(tokens: readonly Token[], at: number): { path: readonly string[]; next: number } {
  const path: string[] = [];
  let next = at;
  for (; tokens[next]?.kind === "field" && (next === at || !tokens[next]?.spaced); next++) {
    path.push((tokens[next] as Token).text.slice(1));
  }
  if (at > 0 && tokens[at]?.spaced && tokens[at - 1]?.kind === "variable") return { path: [], next: at };
  return { path, next };
}

/** Returns true if an operand can receive the previous stage's value as an argument. */
function isExecutable(head: Operand | undefined): boolean {
  return head?.kind !== "literal" && !(head?.kind === "field" && head.path.length === 0);
}

function identifierOperand({ text: source, column }: Token): Operand {
  if (source === "true" || source === "false") return { kind: "literal", value: source === "true", source, column };
  if (source === "nil") return { kind: "literal", value: undefined, source, column };
  if (!templateFunctions.has(source)) throw new SyntaxFault(`function ${quote(source)} not defined`);
  return { kind: "function", name: source, column };
}

function literalValue(token: Token): string | number {
  if (token.kind === "number") return Number(token.text.replaceAll("_", ""));
  if (token.text.startsWith("`")) return token.text.slice(1, -1);
  const inner = token.text.slice(1, -1).replace(/\\(n|t|r|"|'|\\)/g, (_, char: string) => ESCAPES[char] ?? char);
  if (token.kind !== "char") return inner;
  if ([...inner].length !== 1) throw new SyntaxFault(`malformed character constant: ${token.text}`);
  return inner.codePointAt(0) ?? 0;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };
