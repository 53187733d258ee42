// Defines the syntax tree of Go templates (text/template), as far as Knative's ConfigMaps use them.

export type Operand =
  | {
      readonly kind: "literal";
      readonly value: string | number | boolean | undefined;
      readonly source: string;
      readonly column: number;
    }
  | { readonly kind: "field"; readonly path: readonly string[]; readonly column: number }
  | {
      readonly kind: "variable";
      readonly name: string;
      readonly path: readonly string[];
      readonly column: number;
    }
  | { readonly kind: "function"; readonly name: string; readonly column: number }
  | {
      readonly kind: "pipeline";
      readonly pipeline: Pipeline;
      readonly path: readonly string[];
      readonly column: number;
    };

/** One stage of a pipeline: a function or method and its arguments. */
export type Command = readonly Operand[];

export interface Pipeline {
  /** Names set by `$x := …` (declares) or `$x = …` (assigns). Only `range` sets two. */
  readonly variables: readonly string[];
  readonly declares: boolean;
  readonly commands: readonly Command[];
}

export type TemplateNode =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "output"; readonly pipeline: Pipeline; readonly line: number }
  | {
      readonly kind: "if" | "with" | "range";
      readonly pipeline: Pipeline;
      readonly body: readonly TemplateNode[];
      readonly otherwise: readonly TemplateNode[];
      readonly line: number;
    };
