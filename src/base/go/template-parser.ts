// Parser for Go templates: turns the lexer's words into a syntax tree. Errors read `template: <name>:<line>: <what>`,
// as in Go.
import { quote } from "./quote.ts";
import { templateFunctions } from "./template-functions.ts";
import { lex, type Piece, type Word } from "./template-lexer.ts";
import type { Command, Operand, Pipeline, TemplateNode } from "./template-syntax.ts";

/** Ends the recursion with an error text. {@link parseNodes} catches it. */
class SyntaxFault extends Error {}

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
  #variables: string[] = ["$"];
  readonly #pieces: readonly Piece[];

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  template(): readonly TemplateNode[] {
    const { nodes, closedBy } = this.#list();
    if (closedBy) throw new SyntaxFault(`unexpected {{${closedBy.words[0]?.text ?? ""}}}`);
    return nodes;
  }

  /** Reads nodes up to the `end` or `else` that closes them, or to the end of the template. */
  #list(): { nodes: TemplateNode[]; closedBy?: Extract<Piece, { kind: "action" }> } {
    const nodes: TemplateNode[] = [];
    for (; this.#at < this.#pieces.length; ) {
      const piece = this.#pieces[this.#at++] as Piece;
      if (piece.kind === "text") {
        if (piece.text !== "") nodes.push(piece);
        continue;
      }
      this.line = piece.line;
      const first = piece.words[0];
      if (!first) throw new SyntaxFault("missing value for command");
      if (first.kind === "word" && (first.text === "end" || first.text === "else")) return { nodes, closedBy: piece };
      nodes.push(this.#action(first, piece));
    }
    return { nodes };
  }

  #action(first: Word, piece: Extract<Piece, { kind: "action" }>): TemplateNode {
    const keyword = first.kind === "word" ? first.text : "";
    if (keyword === "if" || keyword === "with" || keyword === "range") {
      return this.#block(keyword, piece.words.slice(1), piece.line);
    }
    if (["define", "template", "block", "break", "continue"].includes(keyword)) {
      throw new SyntaxFault(`{{${keyword}}} is not supported here`);
    }
    return { kind: "output", pipeline: this.#pipeline(piece.words, "command"), line: piece.line };
  }

  #block(kind: "if" | "with" | "range", words: readonly Word[], line: number): TemplateNode {
    const scope = this.#variables.length;
    const pipeline = this.#pipeline(words, kind);
    const { nodes: body, closedBy } = this.#list();
    if (!closedBy) throw new SyntaxFault("unexpected EOF");
    let otherwise: readonly TemplateNode[] = [];
    const [closing, next] = closedBy.words;
    if (closing?.text === "else") {
      if (next?.text === kind && kind !== "range")
        otherwise = [this.#block(kind, closedBy.words.slice(2), closedBy.line)];
      else {
        const rest = this.#list();
        if (rest.closedBy?.words[0]?.text !== "end") throw new SyntaxFault("unexpected EOF");
        otherwise = rest.nodes;
      }
    }
    this.#variables.length = scope;
    return { kind, pipeline, body, otherwise, line };
  }

  #pipeline(words: readonly Word[], context: string): Pipeline {
    const names: string[] = [];
    let rest = words;
    const operator = words.findIndex((word) => word.text === ":=" || word.text === "=");
    const declares = words[operator]?.text === ":=";
    if (operator > 0) {
      for (const word of words.slice(0, operator)) {
        if (word.kind === "variable") names.push(word.text);
        else if (word.text !== ",") throw new SyntaxFault(`unexpected ${quote(word.text)} in ${context}`);
      }
      const unknown = declares ? undefined : names.find((name) => !this.#variables.includes(name));
      if (unknown !== undefined) throw new SyntaxFault(`undefined variable ${quote(unknown)}`);
      rest = words.slice(operator + 1);
    }
    const commands = this.#commands(rest, context);
    if (declares) this.#variables.push(...names);
    return { variables: names, declares, commands };
  }

  #commands(words: readonly Word[], context: string): readonly Command[] {
    const commands: Command[] = [];
    let current: Operand[] = [];
    for (let at = 0; at < words.length; ) {
      const word = words[at] as Word;
      if (word.text === "|" && word.kind === "symbol") {
        if (commands.length + current.length === 0) throw new SyntaxFault(`unexpected "|" in ${context}`);
        if (current.length === 0) throw new SyntaxFault(`missing value for ${context}`);
        commands.push(current);
        current = [];
        at += 1;
        if (at === words.length) throw new SyntaxFault(`missing value for ${context}`);
        continue;
      }
      const { operand, next } = this.#operand(words, at, context);
      current.push(operand);
      at = next;
    }
    if (current.length === 0) throw new SyntaxFault(`missing value for ${context}`);
    commands.push(current);
    const stage = commands.findIndex(([head], at) => at > 0 && !isExecutable(head));
    if (stage > 0) throw new SyntaxFault(`non executable command in pipeline stage ${stage + 1}`);
    return commands;
  }

  #operand(words: readonly Word[], at: number, context: string): { operand: Operand; next: number } {
    const word = words[at] as Word;
    if (word.text === "(" && word.kind === "symbol") return this.#parenthesis(words, at);
    if (word.kind === "field") {
      const { path, next } = fieldsFrom(words, at);
      return {
        operand: { kind: "field", path, column: words[Math.min(next - 1, at + 1)]?.column ?? word.column },
        next,
      };
    }
    if (word.text === "." && word.kind === "symbol") {
      const after = words[at + 1];
      if (after?.kind === "field" && !after.spaced) throw new SyntaxFault('unexpected . after term "."');
      return { operand: { kind: "field", path: [], column: word.column }, next: at + 1 };
    }
    if (word.kind === "variable") {
      if (!this.#variables.includes(word.text)) throw new SyntaxFault(`undefined variable ${quote(word.text)}`);
      const { path, next } = fieldsFrom(words, at + 1);
      return { operand: { kind: "variable", name: word.text, path, column: word.column }, next };
    }
    if (word.kind === "word") return { operand: wordOperand(word), next: at + 1 };
    if (word.kind === "symbol") {
      throw new SyntaxFault(
        word.text === ")" ? "unexpected right paren" : `unexpected ${quote(word.text)} in ${context}`,
      );
    }
    const { text: source, column } = word;
    return { operand: { kind: "literal", value: literalValue(word), source, column }, next: at + 1 };
  }

  #parenthesis(words: readonly Word[], at: number): { operand: Operand; next: number } {
    let depth = 1;
    let close = at + 1;
    for (; close < words.length; close++) {
      if (words[close]?.text === "(") depth += 1;
      if (words[close]?.text === ")" && --depth === 0) break;
    }
    if (depth > 0) throw new SyntaxFault("unclosed left paren");
    const pipeline = this.#pipeline(words.slice(at + 1, close), "parenthesized pipeline");
    const { path, next } = fieldsFrom(words, close + 1);
    return { operand: { kind: "pipeline", pipeline, path, column: words[at]?.column ?? 0 }, next };
  }
}

/** Reads a chain of field names (`.A.B`) up to the next white space. */
function fieldsFrom(words: readonly Word[], at: number): { path: readonly string[]; next: number } {
  const path: string[] = [];
  let next = at;
  for (; words[next]?.kind === "field" && (next === at || !words[next]?.spaced); next++) {
    path.push((words[next] as Word).text.slice(1));
  }
  if (at > 0 && words[at]?.spaced && words[at - 1]?.kind === "variable") return { path: [], next: at };
  return { path, next };
}

/** Returns true if an operand can receive the previous stage's value as an argument. */
function isExecutable(head: Operand | undefined): boolean {
  return head?.kind !== "literal" && !(head?.kind === "field" && head.path.length === 0);
}

function wordOperand({ text: source, column }: Word): Operand {
  if (source === "true" || source === "false") return { kind: "literal", value: source === "true", source, column };
  if (source === "nil") return { kind: "literal", value: undefined, source, column };
  if (!templateFunctions.has(source)) throw new SyntaxFault(`function ${quote(source)} not defined`);
  return { kind: "function", name: source, column };
}

function literalValue(word: Word): string | number {
  if (word.kind === "number") return Number(word.text.replaceAll("_", ""));
  if (word.text.startsWith("`")) return word.text.slice(1, -1);
  const inner = word.text.slice(1, -1).replace(/\\(n|t|r|"|'|\\)/g, (_, char: string) => ESCAPES[char] ?? char);
  if (word.kind !== "char") return inner;
  if ([...inner].length !== 1) throw new SyntaxFault(`malformed character constant: ${word.text}`);
  return inner.codePointAt(0) ?? 0;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };
