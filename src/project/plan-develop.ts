// Plans how watch mode treats the files of a Service: rules of knap.yaml, else rules from the Dockerfile.
import { readdirSync, statSync } from "node:fs";
import { join, posix, resolve, sep } from "node:path";
import { servingContainer } from "../apis/core/pod.ts";
import type { StringMap } from "../apis/meta/object.ts";
import type { Service } from "../apis/serving/types.ts";
import { failed, type Result } from "../base/result.ts";
import type { ProjectFinding } from "../manifest/diagnostic.ts";
import { reloaderOf } from "./app-command.ts";
import { type DevelopSettings, isSyncing, type RuleSettings } from "./develop-schema.ts";
import { displayPath } from "./find-files.ts";
import { type BuildPlace, dockerfileText, givenValues } from "./plan-build.ts";
import type { BuildPlan, DevelopPlan, ServiceStart, WatchRule } from "./project.ts";
import { readTextFile } from "./read-text.ts";

export interface DevelopRequest {
  readonly service: Service;
  /** Folder of knap.yaml; paths of rules are relative to it. */
  readonly folder: string;
  readonly settings: DevelopSettings | undefined;
  readonly build: BuildPlan | undefined;
  readonly start: ServiceStart | undefined;
  /** Variables of `exec` without a value have that of the variable of the same name. */
  readonly env: BuildPlace["env"];
}

/** A finding about a key of `services.NAME.develop`. `path`: below `develop`, such as `watch[0].path`. */
export type DevelopFinding = Pick<ProjectFinding, "severity" | "message" | "fix"> & { readonly path: string };

const kindOf = (path: string): "file" | "folder" | undefined => {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? undefined : stats.isDirectory() ? "folder" : "file";
};

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** Resolves with the plan, and with findings about its settings. */
export async function planDevelop(
  request: DevelopRequest,
): Promise<{ readonly plan: DevelopPlan; readonly findings: readonly DevelopFinding[] }> {
  const { settings = {} } = request;
  const reloader = await findReloader(request);
  if (settings.watch !== undefined) {
    const findings = settings.watch.flatMap((rule, index) => ruleFindings(rule, `watch[${index}]`, request));
    const rules = settings.watch.map((rule) => readRule(rule, request));
    return { plan: { rules, isInferred: false, reloader }, findings };
  }
  const inferred = await inferWatchRules(request, reloader !== undefined);
  const found = inferred.ok ? { rules: inferred.value } : { rules: [], noRules: inferred.error };
  return { plan: { ...found, isInferred: inferred.ok, reloader }, findings: [] };
}

function readRule(
  { path, target, include, ignore, exec, action, initial_sync }: RuleSettings,
  { folder, env }: DevelopRequest,
): WatchRule {
  return {
    path: resolve(folder, path),
    action,
    target: target === undefined || !isSyncing(action) ? undefined : normalTarget(target),
    include: include ?? [],
    ignore: ignore ?? [],
    exec: exec && {
      command: exec.command,
      user: exec.user,
      workingDir: exec.working_dir,
      env: exec.environment && givenValues(exec.environment, env),
      privileged: exec.privileged,
    },
    initialSync: initial_sync ?? false,
  };
}

const normalTarget = (target: string): string => posix.join(target, "/").replace(/(.)\/$/, "$1");

function ruleFindings(rule: RuleSettings, at: string, { folder, build }: DevelopRequest): readonly DevelopFinding[] {
  const path = resolve(folder, rule.path);
  const isInBuild = build !== undefined && (path === build.context || path.startsWith(build.context + sep));
  const found: DevelopFinding[] = [];
  const warn = (key: string, message: string): unknown =>
    found.push({ severity: "warning", path: `${at}.${key}`, message });
  if (kindOf(path) === undefined) warn("path", `there is no ${displayPath(folder, path)} to watch`);
  if (rule.action === "rebuild" && build === undefined) {
    const message = "the Service has no build, so it cannot be rebuilt";
    found.push({ severity: "error", path: `${at}.action`, message, fix: "add build, or use another action" });
  } else if (rule.action === "rebuild" && !isInBuild) {
    warn("path", `${displayPath(folder, path)} is outside of the build context, so the image does not contain it`);
  }
  if (!isSyncing(rule.action)) {
    if (rule.target !== undefined) warn("target", `${rule.action} copies no files, so target has no effect`);
    if (rule.initial_sync) warn("initial_sync", `${rule.action} copies no files, so initial_sync has no effect`);
  }
  return found;
}

/** Resolves with the part of the start command that reloads changed code; undefined if knap restarts the process. */
async function findReloader(request: DevelopRequest): Promise<string | undefined> {
  const { settings, start, folder } = request;
  if (settings?.reload === "restart") return undefined;
  if (settings?.reload === "app") return "develop.reload";
  const command = await containerCommand(request);
  const scripts = await readScripts(start?.folder ?? request.build?.context ?? folder);
  return reloaderOf(start?.command ?? command, scripts);
}

/** Resolves with ENTRYPOINT and CMD of the Dockerfile, overridden by the manifest. */
async function containerCommand({ service, build }: DevelopRequest): Promise<readonly string[]> {
  const { command, args } = servingContainer(service.spec?.template?.spec?.containers ?? []) ?? {};
  const facts = build && (await readFacts(build));
  const words = [
    ...(command ?? facts?.entrypoint ?? []),
    ...(args ?? (command === undefined ? facts?.cmd : undefined) ?? []),
  ];
  return words;
}

async function readFacts(build: BuildPlan) {
  if (build.command !== undefined) return undefined;
  const text = await dockerfileText(build);
  if (text === undefined) return undefined;
  const { readDockerfile } = await import("./dockerfile.ts");
  return readDockerfile(text, build);
}

/** Resolves with `scripts` of package.json; undefined if there is none that can be read. */
async function readScripts(folder: string): Promise<StringMap | undefined> {
  try {
    const { scripts } = JSON.parse(await readTextFile(join(folder, "package.json")));
    const entries = Object.entries(scripts ?? {}).filter((entry) => typeof entry[1] === "string");
    return Object.fromEntries(entries) as StringMap;
  } catch {
    return undefined;
  }
}

/** Resolves with the rules that the Dockerfile gives, or with the reason why it gives none. */
async function inferWatchRules(request: DevelopRequest, reloads: boolean): Promise<Result<readonly WatchRule[]>> {
  const { build } = request;
  if (build === undefined) return failed("the Service has no build");
  const facts = await readFacts(build);
  if (facts === undefined) return failed("there is no Dockerfile that can be read");
  const { inferRules } = await import("./infer-watch.ts");
  const command = await containerCommand(request);
  const scripts = await readScripts(build.context);
  return inferRules(facts, { command, context: build.context, kindOf, namesIn, reloads, scripts });
}
