// Settings that a caller adds to those of knap.yaml: the options of the test library.
import { resolve } from "node:path";
import { z } from "zod";
import type { AnyObject, StringMap } from "../apis/meta/object.ts";
import type { Service } from "../apis/serving/types.ts";
import { isNear } from "../base/near.ts";
import { failed, ok, type Result } from "../base/result.ts";
import type { ProjectFinding } from "../manifest/diagnostic.ts";
import { type BuildSettingsText, build } from "./build-schema.ts";
import {
  issueText,
  leafIssues,
  type ProjectFile,
  projectSchema,
  type ServiceSettings,
  schemaOf,
} from "./project-file.ts";
import { type SessionFlag, type SessionFlagName, sessionFlags } from "./session-flags.ts";
import { type ImageSubstitutes, type SubstitutionReport, substituteImages } from "./substitute-images.ts";

/** What the options add to a project. Contexts of builds are absolute. */
export interface ProjectOverlay {
  readonly config: NonNullable<ProjectFile["config"]>;
  readonly services: NonNullable<ProjectFile["services"]>;
  readonly images: ImageSubstitutes;
  /** Name of the Secret → key → value. */
  readonly secrets: Readonly<Record<string, StringMap>>;
  /** Images that no file names are accepted: the files are only a part of the project. */
  readonly isPartial?: boolean | undefined;
}

export interface ReadOverlay {
  readonly files: readonly string[];
  /** Session flags in camel case, parsed. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly overlay: ProjectOverlay;
}

/** Flags of the session that make no sense for tests: ports are always random, and the library has verbs for others. */
const EXCLUDED: readonly string[] = ["port", "https-port", "api-scheme", "ui"];
/** The only flag of one command that tests have too. */
const SHARED = "timeout";

function isOption(name: SessionFlagName): boolean {
  const { command }: SessionFlag = sessionFlags[name];
  return !EXCLUDED.includes(name) && (command === undefined || name === SHARED);
}

/** Flag → option: `max-pods` → `maxPods`. */
const flagOptions: ReadonlyMap<string, SessionFlagName> = new Map(
  (Object.keys(sessionFlags) as SessionFlagName[])
    .filter(isOption)
    .map((name) => [name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()), name]),
);

const flagShape = Object.fromEntries(
  [...flagOptions].map(([option, name]) => {
    const schema = schemaOf(sessionFlags[name].kind);
    const isDuration = sessionFlags[name].kind.type === "duration";
    return [option, (isDuration ? z.union([z.number().min(0), schema]) : schema).optional()];
  }),
);

const { config, services } = projectSchema.shape;

const overlaySchema = z.strictObject({
  ...flagShape,
  files: z.array(z.string()).optional(),
  config,
  services,
  images: z.record(z.string(), z.union([z.string().min(1), z.strictObject({ build })])).optional(),
  secrets: z.record(z.string(), z.record(z.string(), z.string())).optional(),
});

/** The options that {@link readOverlay} accepts. */
export const overlayOptions: readonly string[] = Object.keys(overlaySchema.shape);

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== "unrecognized_keys") return issueText(issue, issue.path);
  const [key = ""] = issue.keys;
  const near = issue.path.length === 0 ? overlayOptions.find((option) => isNear(option, key)) : undefined;
  const known = issue.path.length === 0 ? `; the options are ${overlayOptions.join(", ")}` : "";
  return `${issueText(issue, [...issue.path, key])}${near === undefined ? known : `; did you mean "${near}"?`}`;
}

/** Checks the options. `cwd`: the folder that contexts of builds are relative to. The error lists every problem. */
export function readOverlay(options: unknown, cwd: string): Result<ReadOverlay> {
  const checked = overlaySchema.safeParse(options, { reportInput: true });
  if (!checked.success) return failed(checked.error.issues.flatMap(leafIssues).map(messageOf).join("\n"));
  const { files = [], config: maps = {}, services: own = {}, images = {}, secrets = {}, ...flags } = checked.data;
  const inFolder = (given: BuildSettingsText) => ({ ...given, context: resolve(cwd, given.context) });
  return ok({
    files,
    flags,
    overlay: {
      config: maps,
      services: mapValues(own, (each) => (each.build ? { ...each, build: inFolder(each.build) } : each)),
      images: mapValues(images, (each) => (typeof each === "string" ? each : { build: inFolder(each.build) })),
      secrets,
    },
  });
}

function mapValues<T, U>(values: Readonly<Record<string, T>>, change: (value: T, key: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value, key)]));
}

/** Returns the settings with those of the overlay, which come before knap.yaml's. */
export function overlaySettings(settings: ProjectFile, overlay: ProjectOverlay | undefined): ProjectFile {
  if (overlay === undefined) return settings;
  const config = mapValues(overlay.config, (data, name) => ({ ...settings.config?.[name], ...data }));
  return {
    ...settings,
    config: { ...settings.config, ...config },
    services: overlayServices(settings.services, overlay.services),
    secrets: { ...settings.secrets, ...mapValues(overlay.secrets, (data) => ({ data })) },
  };
}

function overlayServices(before: ProjectFile["services"], more: Readonly<Record<string, Partial<ServiceSettings>>>) {
  return { ...before, ...mapValues(more, (each, name) => ({ ...before?.[name], ...each })) };
}

/**
 * Returns the objects with other images and without the Secrets that the overlay replaces, and the settings with the
 * builds of images.
 */
export function overlayObjects<R extends { readonly object: AnyObject }>(
  settings: ProjectFile,
  objects: readonly R[],
  overlay: ProjectOverlay | undefined,
): { readonly settings: ProjectFile; readonly objects: readonly R[]; readonly findings: readonly ProjectFinding[] } {
  if (overlay === undefined) return { settings, objects, findings: [] };
  const report: SubstitutionReport = {
    builds: new Map(),
    usedKeys: new Set(),
    images: new Set(),
    unbuildable: new Set(),
  };
  const kept = objects.filter(({ object: { kind, metadata } }) => {
    return kind !== "Secret" || !Object.hasOwn(overlay.secrets, metadata.name);
  });
  const replaced = kept.map((read) => {
    const { object } = read;
    return isKnativeService(object) ? { ...read, object: substituteImages(object, overlay.images, report) } : read;
  });
  const builds = mapValues(Object.fromEntries(report.builds), (each) => ({ build: each }));
  const services = overlayServices(settings.services, builds);
  return { settings: { ...settings, services }, objects: replaced, findings: findingsOf(overlay, report) };
}

export function isKnativeService(object: AnyObject): object is Service {
  return object.kind === "Service" && object.apiVersion === "serving.knative.dev/v1";
}

function findingsOf({ images, isPartial }: ProjectOverlay, report: SubstitutionReport): readonly ProjectFinding[] {
  const { usedKeys, images: found, unbuildable } = report;
  const error = (message: string, fix: string) => ({ severity: "error", message, fix, file: "images" }) as const;
  const unused = isPartial ? [] : Object.keys(images).filter((key) => !usedKeys.has(key));
  return [
    ...unused.map((key) => {
      const names = [...found].join(", ");
      return error(
        `no container has the image "${key}"`,
        names === "" ? "name files with a Service" : `the files name ${names}`,
      );
    }),
    ...[...unbuildable].map((image) =>
      error(
        `"${image}" is not built: its container does not get the requests`,
        "build it before the test, and name the built image",
      ),
    ),
  ];
}
