// Findings of validation: where, what, details; merged, sorted and printed as Knative prints them. Source: knative.dev/pkg/apis/field_error.go.

export interface Finding {
  readonly message: string;
  /** As Knative joins them: `spec.template.spec.containers[0].image`. None: the finding has no place. */
  readonly paths: readonly string[];
  readonly details?: string;
  readonly level: "error" | "warning";
}
export type Findings = readonly Finding[];

export const none: Findings = [];

/** One finding of free text. */
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
/** `value` is printed as given, also when it is a text such as `2h`. */
export const outOfBounds = (value: unknown, lower: unknown, upper: unknown, path: string): Findings =>
  finding(`expected ${String(lower)} <= ${String(value)} <= ${String(upper)}`, [path]);

/** The same findings as warnings. */
export function asWarnings(findings: Findings): Findings {
  return findings.map((item) => ({ ...item, level: "warning" }));
}

/** Puts a field before every path. Indexes are glued, other fields joined by a dot. */
export function via(prefix: string, findings: Findings): Findings {
  if (findings.length === 0) return none;
  return findings.map((item) => ({ ...item, paths: item.paths.map((path) => joinPath(prefix, path)) }));
}

/** `via` with an index: `containers[2]`. */
export function viaIndex(field: string, index: number, findings: Findings): Findings {
  return via(`${field}[${index}]`, findings);
}

/** Joins two path pieces. A key with dots in brackets is not glued: `annotations.[a.b/c]`. */
export function joinPath(prefix: string, path: string): string {
  if (path === "" || prefix === "") return prefix + path;
  if (!path.startsWith("[")) return `${prefix}.${path}`;
  const [first = ""] = path.split(".", 1);
  return first.endsWith("]") ? prefix + path : `${prefix}.${path}`;
}

/** Findings of one level, equal ones united, sorted bytewise by message, then details; paths sorted and without repeats. */
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
  const united = [...byText.values()].map(({ item, paths }) => ({ ...item, paths: [...paths].sort(compareBytes) }));
  return united.sort((a, b) => compareBytes(a.message, b.message) || compareBytes(a.details ?? "", b.details ?? ""));
}

/** One finding as it is printed: `message: path, path` and its details on the next line. */
export function findingText({ message, paths, details }: Finding): string {
  return `${message}: ${paths.join(", ")}${details ? `\n${details}` : ""}`;
}

/** All error findings as one text; "" when there are none. */
export function findingsText(findings: Findings): string {
  return merged(findings, "error").map(findingText).join("\n");
}

/** Warning findings as the API returns them: one text a line. */
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
