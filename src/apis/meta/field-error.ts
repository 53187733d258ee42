// Merges, sorts and prints validation findings as Knative does.
// Source: knative.dev/pkg/apis/field_error.go.

export interface Finding {
  readonly message: string;
  /** In Knative's form: `spec.template.spec.containers[0].image`. Empty: the finding is about no field. */
  readonly paths: readonly string[];
  readonly details?: string;
  readonly level: "error" | "warning";
}
export type Findings = readonly Finding[];

export const none: Findings = [];

export function finding(message: string, paths: readonly string[], details?: string): Findings {
  return [{ message, paths, level: "error", ...(details === undefined ? {} : { details }) }];
}
export const missing = (...paths: readonly string[]): Findings => finding("missing field(s)", paths);
export const disallowed = (...paths: readonly string[]): Findings =>
  paths.length === 0 ? none : finding("must not set the field(s)", paths);
export const oneOfNone = (...paths: readonly string[]): Findings => finding("expected exactly one, got neither", paths);
export const oneOfMany = (...paths: readonly string[]): Findings => finding("expected exactly one, got both", paths);
export const invalidValue = (value: unknown, path: string, details?: string): Findings =>
  finding(`invalid value: ${String(value)}`, [path], details);
export const invalidKey = (key: string, path: string, details?: string): Findings =>
  finding(`invalid key name ${JSON.stringify(key)}`, [path], details);
/** The values are printed unchanged, also texts such as `2h`. */
export const outOfBounds = (value: unknown, lower: unknown, upper: unknown, path: string): Findings =>
  finding(`expected ${String(lower)} <= ${String(value)} <= ${String(upper)}`, [path]);

export function asWarnings(findings: Findings): Findings {
  return findings.map((item) => ({ ...item, level: "warning" }));
}

/** Adds a field before each path, with a dot unless the path starts with an index. */
export function via(prefix: string, findings: Findings): Findings {
  if (findings.length === 0) return none;
  return findings.map((item) => ({ ...item, paths: item.paths.map((path) => joinPath(prefix, path)) }));
}

/** Does the same as `via`, with an index: `containers[2]`. */
export function viaIndex(field: string, index: number, findings: Findings): Findings {
  return via(`${field}[${index}]`, findings);
}

/** Joins two parts of a path. A key with dots in brackets gets a dot before it: `annotations.[a.b/c]`. */
export function joinPath(prefix: string, path: string): string {
  if (path === "" || prefix === "") return prefix + path;
  if (!path.startsWith("[")) return `${prefix}.${path}`;
  const [first = ""] = path.split(".", 1);
  return first.endsWith("]") ? prefix + path : `${prefix}.${path}`;
}

/**
 * Returns the findings of a level, sorted by message, then details. Merges findings that differ only in their paths.
 */
export function merged(findings: Findings, level: Finding["level"]): Findings {
  if (findings.length === 0) return none;
  const byText = new Map<string, { item: Finding; paths: Set<string> }>();
  for (const item of findings) {
    if (item.level !== level) continue;
    const key = JSON.stringify([item.message, item.details ?? ""]);
    const known = byText.get(key) ?? { item, paths: new Set<string>() };
    for (const path of item.paths) known.paths.add(path);
    byText.set(key, known);
  }
  const combined = [...byText.values()].map(({ item, paths }) => ({ ...item, paths: [...paths].sort(compareBytes) }));
  return combined.sort((a, b) => compareBytes(a.message, b.message) || compareBytes(a.details ?? "", b.details ?? ""));
}

/** Returns the text of a finding: `message: path, path`, with details on the next line. */
export function findingText({ message, paths, details }: Finding): string {
  return `${message}: ${paths.join(", ")}${details ? `\n${details}` : ""}`;
}

/** Returns all errors as a text; "" if there is no error. */
export function findingsText(findings: Findings): string {
  return merged(findings, "error").map(findingText).join("\n");
}

/** Returns the warnings as the API returns them: one text per line. */
export function warningLines(findings: Findings): readonly string[] {
  const text = merged(findings, "warning").map(findingText).join("\n");
  return text === "" ? [] : text.split("\n");
}

/** Orders texts by their UTF-8 bytes, as Go does. */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  const ascii = /^[\0-\x7f]*$/;
  if (ascii.test(a) && ascii.test(b)) return a < b ? -1 : 1;
  const encoder = new TextEncoder();
  const left = encoder.encode(a);
  const right = encoder.encode(b);
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const difference = (left[at] as number) - (right[at] as number);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
