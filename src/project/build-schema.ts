// Checks `build` of a Service in knap.yaml: compose's keys, and `command`.
import { z } from "zod";

/** Values of ConfigMaps, arguments and labels are strings, but YAML users write numbers and booleans without quotes. */
export const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** Compose's two forms of names and values. A value that is left out is undefined. */
export const pairs = z
  .union([z.record(z.string(), scalar.nullable()), z.array(z.string())])
  .transform((given): Readonly<Record<string, string | undefined>> => {
    if (!Array.isArray(given))
      return Object.fromEntries(Object.entries(given).map(([key, value]) => [key, value ?? undefined]));
    return Object.fromEntries(given.map(splitPair));
  });

function splitPair(text: string): readonly [string, string | undefined] {
  const at = text.indexOf("=");
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

const folder = z
  .string()
  .refine((text) => !/^(\w+:\/\/|git@)/.test(text), "a context is a folder here: clone the repository, and name it");

export const textList = z.union([z.string().transform((text) => [text]), z.array(z.string())]);

const secret = z
  .strictObject(
    { id: z.string().min(1), file: z.string().optional(), environment: z.string().optional() },
    { error: ({ code }) => (code === "invalid_type" ? "expected { id, file } or { id, environment }" : undefined) },
  )
  .refine(
    ({ file, environment }) => (file === undefined) !== (environment === undefined),
    "expected either file (a path) or environment (the name of a variable)",
  );

const agent = z
  .string()
  .regex(/^[^=]+(=.+)?$/, "expected default, or id=path")
  .transform((text) => {
    const [id, path] = splitPair(text);
    return { id: id ?? "", path };
  });

/** `host:address`, `host=address`, or a map. */
const hosts = z
  .union([z.record(z.string(), z.string()), z.array(z.string().regex(/^[^:=]+[:=].+$/, "expected host=address"))])
  .transform((given) =>
    Array.isArray(given)
      ? given.map((text) => text.replace(/^([^:=]+)=/, "$1:"))
      : Object.entries(given).map(([host, address]) => `${host}:${address}`),
  );

const platform = z.string().regex(/^[a-z0-9]+\/[a-z0-9_]+(\/[a-z0-9]+)?$/, "expected os/architecture, as linux/amd64");
const platforms = z
  .union([platform.transform((one) => [one]), z.array(platform).min(1)])
  .refine(({ length }) => length <= 1, "one image runs here, so only one platform can be built");

const BYTE_UNITS: Readonly<Record<string, number>> = { b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };
const bytes = z.union([
  z.number().int().positive(),
  z
    .string()
    .regex(/^\d+ *([bkmg]b?)?$/i, "expected bytes, or a number with b, k, m or g")
    .transform((text) => Number.parseInt(text, 10) * (BYTE_UNITS[/[bkmg]/i.exec(text)?.[0].toLowerCase() ?? "b"] ?? 1)),
]);

/** The keys of compose that the engine's build call does not have, or that mean nothing here. */
const refusals: Readonly<Record<string, string>> = {
  additional_contexts: "the engine's build call takes one context: copy the files into it, or build with command",
  cache_to: "the engine keeps its own cache; to export one, build with command",
  entitlements: "the engine's build call has no entitlements: build with command",
  isolation: "Windows containers are not supported",
  no_cache_filter: "the engine's build call has only no_cache",
  privileged: "the engine's build call has no privileged steps: build with command",
  provenance: "the engine's build call makes no attestations: build with command",
  sbom: "the engine's build call makes no attestations: build with command",
  tags: "knap tags the image by its content",
  ulimits: "knap does not pass limits to builds: build with command",
};

/** Returns why a key of `build` is refused although compose has it. */
export function buildRefusal(key: string): string | undefined {
  return refusals[key];
}

export const longBuild = z
  .strictObject({
    context: folder.default("."),
    dockerfile: z.string().optional(),
    dockerfile_inline: z.string().optional(),
    target: z.string().optional(),
    args: pairs.optional(),
    cache_from: textList.optional(),
    platforms: platforms.optional(),
    secrets: z.array(secret).optional(),
    ssh: z.union([agent.transform((one) => [one]), z.array(agent)]).optional(),
    labels: pairs.optional(),
    no_cache: z.boolean().optional(),
    pull: z.boolean().optional(),
    network: z.string().optional(),
    extra_hosts: hosts.optional(),
    shm_size: bytes.optional(),
    command: z.array(z.string()).min(1).optional(),
  })
  .superRefine((build, context) => {
    const refuse = (key: string, message: string) => context.addIssue({ code: "custom", path: [key], message });
    if (build.dockerfile !== undefined && build.dockerfile_inline !== undefined)
      refuse("dockerfile_inline", "the Dockerfile is either in a file or here");
    if (build.command === undefined) return;
    for (const [key, value] of Object.entries(build)) {
      if (value === undefined || key === "context" || key === "command") continue;
      refuse(key, "has no effect, because command builds the image; only context goes with command");
    }
  });

/** A string is the short form: only the context. */
export const build = z.union([folder.transform((context): z.infer<typeof longBuild> => ({ context })), longBuild]);
export type BuildSettingsText = z.infer<typeof longBuild>;
