// Parses and evaluates the common part of kubectl's JSONPath: {.a.b}, ['a.b'], [0], [-1], [*], [?(@.type=="Ready")],
// {range}…{end} and text. Pure.
import { failed, ok, type Result } from "../../base/result.ts";

type Step =
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "slice"; readonly from: number; readonly to: number | undefined }
  | { readonly kind: "all" }
  | {
      readonly kind: "filter";
      readonly path: readonly Step[];
      readonly operator: string | undefined;
      readonly value: unknown;
    };
type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "path"; readonly steps: readonly Step[] }
  | { readonly kind: "range"; readonly steps: readonly Step[]; readonly body: readonly Piece[] };

/** Evaluates the path on a value. Returns text. */
export type JsonPath = (value: unknown) => string;

const BRACKET = /^\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(\*)|(-?\d+)|(-?\d*):(-?\d*)|\?\((.*?)\))\]/;
const FIELD = /^\.?((?:\\.|[^.[\]{}\s'"()=!<>\\])+)/;

function parseFilter(text: string): Step | undefined {
  const match = /^\s*@(.*?)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?))?\s*$/.exec(text);
  const path = match ? parseSteps(match[1] ?? "") : undefined;
  if (match === null || path === undefined) return undefined;
  const raw = match[3];
  if (raw === undefined) return { kind: "filter", path, operator: undefined, value: undefined };
  const quoted = /^(['"])(.*)\1$/.exec(raw);
  const literal: Readonly<Record<string, unknown>> = { true: true, false: false, null: null };
  const value = quoted ? quoted[2] : raw in literal ? literal[raw] : Number(raw);
  return { kind: "filter", path, operator: match[2], value };
}

function parseSteps(text: string): readonly Step[] | undefined {
  const steps: Step[] = [];
  let rest = text.trim().replace(/^[$@]/, "");
  while (rest !== "" && rest !== ".") {
    const bracket = BRACKET.exec(rest.startsWith(".[") ? rest.slice(1) : rest);
    if (bracket !== null) {
      const [matched, single, double, star, index, from, to, filter] = bracket;
      const name = single ?? double;
      if (name !== undefined) steps.push({ kind: "field", name: name.replace(/\\(.)/g, "$1") });
      else if (star !== undefined) steps.push({ kind: "all" });
      else if (index !== undefined) steps.push({ kind: "index", index: Number(index) });
      else if (filter !== undefined) {
        const step = parseFilter(filter);
        if (step === undefined) return undefined;
        steps.push(step);
      } else steps.push({ kind: "slice", from: Number(from || 0), to: to ? Number(to) : undefined });
      rest = rest.slice(matched.length + (rest.startsWith(".[") ? 1 : 0));
      continue;
    }
    const field = FIELD.exec(rest);
    if (field === null) return undefined;
    const name = (field[1] ?? "").replace(/\\(.)/g, "$1");
    steps.push(name === "*" ? { kind: "all" } : { kind: "field", name });
    rest = rest.slice(field[0].length);
  }
  return steps;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function compare(found: unknown, operator: string, wanted: unknown): boolean {
  if (operator === "==") return found === wanted;
  if (operator === "!=") return found !== wanted;
  const [a, b] = [found as number, wanted as number];
  return operator === "<" ? a < b : operator === ">" ? a > b : operator === "<=" ? a <= b : a >= b;
}

function walkStep(value: unknown, step: Step): readonly unknown[] {
  switch (step.kind) {
    case "field":
      return isObject(value) && value[step.name] !== undefined ? [value[step.name]] : [];
    case "index":
      return Array.isArray(value) && value.at(step.index) !== undefined ? [value.at(step.index)] : [];
    case "slice":
      return Array.isArray(value) ? value.slice(step.from, step.to) : [];
    case "all":
      return Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
    case "filter":
      return (Array.isArray(value) ? value : []).filter((item) => {
        const found = walk(item, step.path);
        return step.operator === undefined ? found.length > 0 : compare(found[0], step.operator, step.value);
      });
  }
}

function walk(value: unknown, steps: readonly Step[]): readonly unknown[] {
  return steps.reduce<readonly unknown[]>((values, step) => values.flatMap((each) => walkStep(each, step)), [value]);
}

const show = (value: unknown): string => (typeof value === "object" ? JSON.stringify(value) : String(value));

function render(pieces: readonly Piece[], value: unknown): string {
  return pieces
    .map((piece) => {
      if (piece.kind === "text") return piece.text;
      const found = walk(value, piece.steps);
      if (piece.kind === "path") return found.map(show).join(" ");
      return found.map((item) => render(piece.body, item)).join("");
    })
    .join("");
}

/** Splits a template at its braces; text outside of them is literal. */
function tokens(template: string): readonly { readonly inside: boolean; readonly text: string }[] {
  return [...template.matchAll(/\{((?:'[^']*'|"[^"]*"|[^{}])*)\}|([^{]+)/g)].map(([, inside, outside]) =>
    inside !== undefined ? { inside: true, text: inside.trim() } : { inside: false, text: outside ?? "" },
  );
}

/** Parses a template. A bare path such as `.status.url` is read as if it were in braces. */
export function parseJsonPath(template: string): Result<JsonPath> {
  const whole = template.includes("{") ? template : `{${template.startsWith(".") ? "" : "."}${template}}`;
  const open: { steps: readonly Step[]; body: Piece[] }[] = [{ steps: [], body: [] }];
  const top = () => open.at(-1) as { steps: readonly Step[]; body: Piece[] };
  for (const { inside, text } of tokens(whole)) {
    const literal = /^(['"])([\s\S]*)\1$/.exec(text);
    if (!inside) top().body.push({ kind: "text", text });
    else if (literal)
      top().body.push({ kind: "text", text: (literal[2] ?? "").replace(/\\n/g, "\n").replace(/\\t/g, "\t") });
    else if (text === "end") {
      const closed = open.length > 1 ? open.pop() : undefined;
      if (closed === undefined) return failed("{end} without {range}");
      top().body.push({ kind: "range", ...closed });
    } else {
      const range = /^range\s+(.*)$/.exec(text);
      const steps = parseSteps(range?.[1] ?? text);
      if (steps === undefined) return failed(`cannot read the path "${text}"`);
      if (range) open.push({ steps, body: [] });
      else top().body.push({ kind: "path", steps });
    }
  }
  if (open.length > 1) return failed("{range} without {end}");
  const pieces = top().body;
  return ok((value) => render(pieces, value));
}
