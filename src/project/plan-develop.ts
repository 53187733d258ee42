// Plans how watch mode treats the files of a Service: rules of knap.yaml, else rules from the Dockerfile.
import { readdirSync, statSync } from "node:fs";
import { posix, resolve, sep } from "node:path";
import { servingContainer } from "../apis/core/pod.ts";
import type { Service } from "../apis/serving/types.ts";
import { failed, type Result } from "../base/result.ts";
import type { ProjectFinding } from "../manifest/diagnostic.ts";
import { reloaderOf } from "./app-command.ts";
import { type DevelopSettings, isSyncing, type RuleSettings } from "./develop-schema.ts";
import type { DockerfileFacts } from "./dockerfile.ts";
import { displayPath } from "./find-files.ts";
import { readInstallCommands, readPackage } from "./install-scripts.ts";
import { type BuildPlace, dockerfileText, givenValues } from "./plan-build.ts";
import type { BuildPlan, DevelopPlan, ServiceStart, WatchRule } from "./project.ts";

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

function kindOf(path: string): "file" | "folder" | undefined {
  try {
    return statSync(path).isDirectory() ? "folder" : "file";
  } catch {
    return undefined;
  }
}

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
  const { service, folder, settings = {}, build, start } = request;
  const facts = build && (await readFacts(build));
  const command = containerCommand(service, facts);
  const processFolder = start?.folder ?? build?.context ?? folder;
  const reloader = await findReloader(settings, start?.command ?? command, processFolder);
  if (settings.watch !== undefined) {
    const findings = settings.watch.flatMap((rule, index) => ruleFindings(rule, `watch[${index}]`, request));
    const rules = settings.watch.map((rule) => readRule(rule, request));
    return { plan: { rules, isInferred: false, reloader }, findings };
  }
  const inferred = await inferWatchRules(settings, { build, facts, command });
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

/** Resolves with the part of the command that reloads changed code; undefined if knap restarts the instance. */
async function findReloader(
  { reload }: DevelopSettings,
  command: readonly string[],
  folder: string,
): Promise<string | undefined> {
  if (reload === "restart") return undefined;
  return reload === "app" ? "develop.reload" : reloaderOf(command, (await readPackage(folder))?.scripts);
}

/** Returns ENTRYPOINT and CMD of the Dockerfile, overridden by the manifest. */
function containerCommand({ spec }: Service, facts: DockerfileFacts | undefined): readonly string[] {
  const { command, args } = servingContainer(spec?.template?.spec?.containers ?? []) ?? {};
  const defaultArgs = command === undefined ? facts?.cmd : undefined;
  return [...(command ?? facts?.entrypoint ?? []), ...(args ?? defaultArgs ?? [])];
}

async function readFacts(build: BuildPlan): Promise<DockerfileFacts | undefined> {
  if (build.command !== undefined) return undefined;
  const text = await dockerfileText(build);
  if (text === undefined) return undefined;
  const { readDockerfile } = await import("./dockerfile.ts");
  return readDockerfile(text, build);
}

/** Resolves with the rules that the Dockerfile gives, or with the reason why it gives none. */
async function inferWatchRules(
  settings: DevelopSettings,
  {
    build,
    facts,
    command,
  }: Pick<DevelopRequest, "build"> & {
    readonly facts: DockerfileFacts | undefined;
    readonly command: readonly string[];
  },
): Promise<Result<readonly WatchRule[]>> {
  if (build === undefined) return failed("the Service has no build");
  if (facts === undefined) return failed("there is no Dockerfile that can be read");
  const { context } = build;
  const { inferRules } = await import("./infer-watch.ts");
  const reloads = (await findReloader(settings, command, context)) !== undefined;
  const installed = await readInstallCommands(facts, context);
  return inferRules(facts, { command, context, kindOf, namesIn, reloads, installed });
}
