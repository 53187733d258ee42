// Makes commander options from the table of session flags, and settings from the options and knap.yaml.
import { type Command, Option } from "commander";
import type { ProjectFile } from "../../project/project-file.ts";
import {
  allowedText,
  type FlagValue,
  type SessionFlag,
  type SessionFlagName,
  sessionFlags,
} from "../../project/session-flags.ts";
import { usageError } from "../cli-error.ts";
import type { Environment } from "../terminal.ts";
import { parseFlag, parserOf } from "./parse-flag.ts";

type Table = typeof sessionFlags;
type ValueOf<N extends SessionFlagName> = FlagValue<Table[N]["kind"]>;
type CamelCase<S extends string> = S extends `${infer A}-${infer B}` ? `${A}${Capitalize<CamelCase<B>>}` : S;

/** The session flags as commander parsed them. A KNAP_… variable replaces an absent flag, except a switch. */
export type SessionFlags = {
  readonly [N in SessionFlagName as CamelCase<N>]?: ValueOf<N> | undefined;
} & { readonly file?: readonly string[] | undefined; readonly kustomize?: readonly string[] | undefined };

type SettingOf<N extends SessionFlagName> = Table[N] extends { default: unknown } ? ValueOf<N> : ValueOf<N> | undefined;

/** Keys are the table's column `to`. Times are in ms. */
export type SessionSettings = {
  readonly [N in SessionFlagName as Table[N]["to"] extends `${string}.${string}`
    ? never
    : Table[N]["to"]]: SettingOf<N>;
} & {
  readonly limits: {
    readonly [N in SessionFlagName as Table[N]["to"] extends `limits.${infer L}` ? L : never]?: ValueOf<N>;
  };
};

/** Adds the option's KNAP_… variable. Empty counts as unset: compose and CI pass unset variables as empty. */
export function withVariable(option: Option, variable: string | undefined): Option {
  return variable === undefined || process.env[variable] === "" ? option : option.env(variable);
}

/** The commander option of one row. It refuses bad values of the flag and of its variable. */
export function sessionOption(name: SessionFlagName): Option {
  const { kind, env, describe, default: initial }: SessionFlag = sessionFlags[name];
  const isNegated = kind.type === "switch" && initial === true;
  const value = kind.type === "switch" ? "" : ` <${kind.type === "choice" ? kind.choices.join("|") : kind.value}>`;
  const names = `${name === "namespace" ? "-n, " : ""}--${isNegated ? "no-" : ""}${name}${value}`;
  const shownDefault = initial === undefined ? "" : ` (default: ${initial})`;
  // Commander would turn a switch on for any value of its variable, so resolveSession reads it.
  if (kind.type === "switch") return new Option(names, describe + (env === undefined ? "" : ` (env: ${env})`));
  return withVariable(new Option(names, describe + shownDefault).argParser(parserOf(kind)), env);
}

/** Adds every session flag of the command. */
export function addSessionFlags(command: Command, name: "up" | "ci"): Command {
  for (const flag of Object.keys(sessionFlags) as SessionFlagName[]) {
    const { command: only = name }: SessionFlag = sessionFlags[flag];
    if (only === name) command.addOption(sessionOption(flag));
  }
  return command;
}

/** Returns the value of each row: the flag or variable, else knap.yaml, else the default. */
export function resolveSession(flags: SessionFlags, file: ProjectFile): SessionSettings {
  const settings: Record<string, unknown> = {};
  const limits: Record<string, unknown> = {};
  for (const [name, row] of Object.entries(sessionFlags) as [SessionFlagName, SessionFlag][]) {
    const { kind, to } = row;
    const initial = typeof row.default === "string" ? parseFlag(kind, row.default) : row.default;
    const key = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()) as keyof SessionFlags;
    const given: unknown = flags[key];
    // Commander sets an absent switch to its default.
    const isGiven = given !== undefined && !(kind.type === "switch" && given === initial);
    const variable = kind.type === "switch" ? variableValue(name, process.env) : undefined;
    const value = isGiven ? given : (variable ?? file[name] ?? initial);
    if (!to.startsWith("limits.")) settings[to] = value;
    else if (value !== undefined) limits[to.slice("limits.".length)] = value;
  }
  return { ...settings, limits } as unknown as SessionSettings;
}

/** Returns the value of a flag's variable, for switches and for commands without the flag; undefined: unset. */
export function variableValue<N extends SessionFlagName>(name: N, env: Environment): ValueOf<N> | undefined {
  const { kind, env: variable = "" }: SessionFlag = sessionFlags[name];
  const text = env[variable];
  if (!text) return undefined;
  const value = parseFlag(kind, text);
  if (value === undefined) {
    throw usageError(`${variable}: "${text}" is not allowed; expected ${allowedText(kind)}`);
  }
  return value as ValueOf<N>;
}

/** Resolves `auto`: the terminal UI if stdin and stdout are a terminal, without CI and --quiet; else plain. */
export function resolveUi(
  ui: SessionSettings["ui"],
  at: {
    readonly env: Environment;
    readonly stdinIsTty: boolean;
    readonly stdoutIsTty: boolean;
    readonly quiet: boolean;
  },
): "tui" | "plain" | "json" {
  if (ui !== "auto") return ui;
  const isInteractive = at.stdinIsTty && at.stdoutIsTty && at.env["TERM"] !== "dumb" && !at.env["CI"] && !at.quiet;
  return isInteractive ? "tui" : "plain";
}
