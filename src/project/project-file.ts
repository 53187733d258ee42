// Parses and checks the text of knap.yaml. Findings have line and column.
import { z } from "zod";
import { dns1123SubdomainErrors } from "../apis/meta/names.ts";
import type { StringMap } from "../apis/meta/object.ts";
import { durationMs, parseDuration } from "../base/go/duration.ts";
import { quantityNumber } from "../base/go/quantity.ts";
import { isNear } from "../base/near.ts";
import { type Position, readDocuments } from "../base/yaml/documents.ts";
import { coreScalar } from "../base/yaml/plain-scalar.ts";
import type { ProjectFinding } from "../manifest/diagnostic.ts";
import { secretNameFix } from "../manifest/laptop-findings.ts";
import { makeLocator } from "../manifest/locate.ts";
import { build, buildRefusal, longBuild, scalar } from "./build-schema.ts";
import { developKeys, developSchema } from "./develop-schema.ts";
import { allowedText, type FlagKind, type FlagValue, type SessionFlagName, sessionFlags } from "./session-flags.ts";

const texts = z.record(z.string(), scalar);
/** `as`: the name of the Secret, if Kubernetes does not allow the key; references to the key are changed to it. */
const secret = z
  .strictObject({ from: z.string().optional(), as: z.string().optional() })
  .refine(
    ({ from, as }) => from !== undefined || as !== undefined,
    "expected from (an env file or a folder) or as (a name)",
  );
const service = z.strictObject({
  build: build.optional().describe("How the image is built, as in compose; a text is the context."),
  command: z
    .array(z.string())
    .min(1)
    .optional()
    .describe("How the process runtime starts the Service; default: CMD of the Dockerfile."),
  develop: developSchema.optional().describe("What `knap up` does when files change."),
});

/** Durations of knap.yaml are strings, as on the command line. */
function durationSchema(): z.ZodType<number> {
  return z.string().transform((value, context) => {
    const parsed = parseDuration(value);
    if (parsed.ok && parsed.value >= 0n) return durationMs(parsed.value);
    context.addIssue({ code: "custom", message: "not a duration" });
    return z.NEVER;
  });
}

function bytesSchema(): z.ZodType<number> {
  return z.union([z.string(), z.number()]).transform((value, context) => {
    const bytes = quantityNumber(value);
    if (bytes !== undefined && bytes >= 0) return bytes;
    context.addIssue({ code: "custom", message: "not a quantity" });
    return z.NEVER;
  });
}

/** Returns the schema of a flag's value in knap.yaml. */
export function schemaOf(kind: FlagKind): z.ZodType {
  switch (kind.type) {
    case "text":
      return z.string();
    case "choice":
      return z.enum(kind.choices);
    case "count":
      return z
        .number()
        .int()
        .min(kind.least)
        .max(kind.most ?? Number.MAX_SAFE_INTEGER);
    case "duration":
      return durationSchema();
    case "bytes":
      return bytesSchema();
    case "switch":
      return z.boolean();
  }
}

type FlagShape = {
  [N in SessionFlagName]: z.ZodOptional<z.ZodType<FlagValue<(typeof sessionFlags)[N]["kind"]>>>;
};
const flagShape = Object.fromEntries(
  Object.entries(sessionFlags).map(([name, { kind, describe }]) => [
    name,
    // The help text of `--no-watch` is that of its value `false`.
    schemaOf(kind)
      .optional()
      .describe(describe.replace(/^do not /, "")),
  ]),
) as FlagShape;

export const projectSchema = z.strictObject({
  ...flagShape,
  files: z.array(z.string()).optional().describe("Manifests, as with -f, relative to this file."),
  config: z
    .record(z.string(), texts)
    .optional()
    .describe("ConfigMaps of knative-serving, without the prefix config-, such as autoscaler and features."),
  secrets: z
    .record(z.string(), secret)
    .optional()
    .describe("Secrets by name, from env files or from folders with one file per key."),
  services: z.record(z.string(), service).optional().describe("Settings of Services, by metadata.name."),
});

/** The checked content of knap.yaml. Paths are relative to its folder. */
export type ProjectFile = Omit<z.infer<typeof projectSchema>, "secrets"> & {
  readonly secrets?: Readonly<Record<string, SecretSettings>> | undefined;
};
export type ServiceSettings = z.infer<typeof service>;
/** `data`: values that a program gives instead of `from`; knap.yaml has no such key. */
export type SecretSettings = z.infer<typeof secret> & { readonly data?: StringMap };

/** Returns a known key that is similar to the last key of the path, which is unknown. */
function nearKey(path: readonly PropertyKey[]): string | undefined {
  const known =
    path[2] === "develop"
      ? developKeys[path.length - 4]
      : { 1: projectSchema.shape, 3: service.shape, 4: longBuild.shape }[path.length];
  return Object.keys(known ?? {}).find((name) => isNear(name, String(path.at(-1))));
}

/** Issues of values whose form is wrong, so that they may be absent: then they have the input undefined. */
const WANTING: ReadonlySet<string> = new Set(["invalid_type", "invalid_union"]);

export function issueText(issue: z.core.$ZodIssue, path: readonly PropertyKey[]): string {
  const place = issue.path.length > 0 ? `${issue.path.join(".")}: ` : "";
  if (issue.code === "unrecognized_keys") {
    const key = String(path.at(-1));
    const refusal = path.length === 4 && path[2] === "build" ? buildRefusal(key) : undefined;
    return refusal === undefined ? `${place}unknown field "${key}"` : `${place}no "${key}" here: ${refusal}`;
  }
  if (WANTING.has(issue.code) && "input" in issue && issue.input === undefined) return `${place}is missing`;
  const [name, ...below] = issue.path;
  const flag = below.length === 0 ? Object.entries(sessionFlags).find(([each]) => each === name)?.[1] : undefined;
  return flag === undefined ? `${place}${issue.message}` : `${place}expected ${allowedText(flag.kind)}`;
}

/** Of a value with several forms, returns the issues of the form that the value resembles. */
export function leafIssues(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== "invalid_union") return [issue];
  const isOtherForm = ({ path, code }: z.core.$ZodIssue): boolean => path.length === 0 && code === "invalid_type";
  const [form, other] = issue.errors.filter((issues) => !issues.some(isOtherForm));
  if (form === undefined || other !== undefined) return [issue];
  return form.flatMap((leaf) => leafIssues({ ...leaf, path: [...issue.path, ...leaf.path] }));
}

export interface ParsedProjectFile {
  /** Absent if there are errors. */
  readonly value?: ProjectFile;
  readonly findings: readonly ProjectFinding[];
  /** Returns the position of a field, for findings after the check. */
  readonly positionOf?: (path: string) => Position;
}

/** Reads the text of knap.yaml: either the value, or every finding. */
export function parseProjectFile(text: string, file: string): ParsedProjectFile {
  const [document, second] = readDocuments(text, coreScalar);
  if (document === undefined) return { value: {}, findings: [] };
  const finding = (message: string, position: Position, more: Partial<ProjectFinding> = {}): ProjectFinding => {
    return { severity: "error", message, file, line: position.line, column: position.column, ...more };
  };
  const findings = document.findings.map(({ message, position, severity }) => finding(message, position, { severity }));
  const next = second?.root && second.positionOf(second.root);
  if (next) findings.push(finding("there must be only one document", next));
  if (findings.some(({ severity }) => severity === "error")) return { findings };
  const checked = projectSchema.safeParse(document.json ?? {}, { reportInput: true });
  const locate = makeLocator(document);
  if (checked.success) {
    const names = impossibleNames(checked.data).map(({ key, message, fix }) =>
      finding(message, locate(`secrets.${key}`, "key"), { fix }),
    );
    return { value: checked.data, findings: [...findings, ...names], positionOf: (path) => locate(path, "key") };
  }
  const wrong = checked.error.issues.flatMap(leafIssues).flatMap((issue) => {
    const isUnknown = issue.code === "unrecognized_keys";
    const paths = isUnknown ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    return paths.map((path) => {
      const near = isUnknown ? nearKey(path) : undefined;
      return finding(issueText(issue, path), locate(pathText(path), "key"), { fix: near && `did you mean "${near}"?` });
    });
  });
  return { findings: [...findings, ...wrong] };
}

/** Secrets whose name Kubernetes does not allow. */
function impossibleNames({ secrets = {} }: ProjectFile) {
  return Object.entries(secrets).flatMap(([key, { from = "FILE", as: name = key }]) => {
    if (dns1123SubdomainErrors(name).length === 0) return [];
    const message = `secrets.${key}: Kubernetes allows no Secret with the name "${name}"`;
    return [{ key, message, fix: secretNameFix(key, from) }];
  });
}

function pathText(path: readonly PropertyKey[]): string {
  return path.map((key, at) => (typeof key === "number" ? `[${key}]` : (at > 0 ? "." : "") + String(key))).join("");
}
