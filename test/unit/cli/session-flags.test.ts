import { Command } from "commander";
import { afterEach, describe, expect, test, vi } from "vitest";
import { CliError } from "../../../src/cli/cli-error.ts";
import { addSessionFlags, resolveSession, resolveUi, variableValue } from "../../../src/cli/flags/session-flags.ts";
import { parseProjectFile } from "../../../src/project/project-file.ts";
import { allowedText, type SessionFlag, sessionFlags } from "../../../src/project/session-flags.ts";

afterEach(() => void vi.unstubAllEnvs());

const program = (name: "up" | "ci" = "up") =>
  addSessionFlags(new Command(name).exitOverride().configureOutput({ writeErr: () => {} }), name);
const resolve = (args: readonly string[], yaml = "", name: "up" | "ci" = "up") => {
  const command = program(name).parse(args, { from: "user" });
  return resolveSession(command.opts(), parseProjectFile(yaml, "knap.yaml").value ?? {});
};

describe("the value of a session flag", () => {
  test("a flag's value comes from the command line, else its variable, else knap.yaml, else its default", () => {
    const yaml = "port: 9001\nruntime: docker\nstop-timeout: 3s\n";
    expect(resolve(["--port", "9000"], yaml)).toMatchObject({ port: 9000, runtime: "docker", stopTimeoutMs: 3000 });
    expect(resolve([], yaml)).toMatchObject({ port: 9001, drain: "knap" });
    vi.stubEnv("KNAP_PORT", "9002");
    expect(resolve([], yaml).port).toBe(9002);
    expect(resolve(["--port", "9000"], yaml).port).toBe(9000);
    vi.stubEnv("KNAP_PORT", "");
    expect(resolve([], yaml).port).toBe(9001);
    expect(resolve([]).port).toBeUndefined();
    expect(resolve([])).toMatchObject({ stopTimeoutMs: 10_000, timeoutMs: 300_000, watch: true, keepOld: false });
  });

  test("the command line or knap.yaml can invert the default of a switch", () => {
    expect(resolve(["--no-watch"])).toMatchObject({ watch: false });
    expect(resolve([], "watch: false\nkeep-old: true\n")).toMatchObject({ watch: false, keepOld: true });
    expect(resolve(["--keep-old"])).toMatchObject({ keepOld: true });
  });

  test.each([
    ["true", true],
    ["1", true],
    ["false", false],
    ["0", false],
  ])("the variable of a switch with the value %s sets it to %s", (text, value) => {
    vi.stubEnv("KNAP_KEEP_OLD", text);
    expect(resolve([]).keepOld).toBe(value);
    expect(resolve([], `keep-old: ${!value}\n`).keepOld).toBe(value);
    expect(resolve(["--keep-old"]).keepOld).toBe(true);
  });

  test("another value of a switch's variable is refused", () => {
    vi.stubEnv("KNAP_KEEP_OLD", "yes");
    expect(() => resolve([])).toThrow('KNAP_KEEP_OLD: "yes" is not allowed; expected true or false');
  });

  test("a listener limit is in the settings only if the user sets it", () => {
    expect(Object.keys(resolve([]).limits)).toEqual([]);
    const yaml = "max-header-bytes: 2048\nheader-timeout: 5s\nkeep-alive-timeout: 1m\n";
    const args = ["--max-header-bytes", "4096", "--max-connections", "7", "--header-timeout", "0s"];
    expect(resolve(args, yaml).limits).toEqual({
      connections: 7,
      headerBytes: 4096,
      headersTimeoutMs: 0,
      keepAliveTimeoutMs: 60_000,
    });
  });
});

describe("a value that is not allowed", () => {
  test.each([
    ["--port", "http", "whole number from 1 to 65535"],
    ["--max-connections", "0", "whole number of at least 1"],
    ["--max-header-bytes", "1k", "whole number of at least 1024"],
    ["--header-timeout", "never", "a duration such as 10s"],
    ["--keep-alive-timeout", "-1s", "a duration such as 10s"],
    ["--stop-timeout", "10", "a duration such as 10s"],
    ["--runtime", "podman", "auto, docker or process"],
  ])("the value of %s %s is refused with the allowed values", (flag, value, allowed) => {
    expect(() => resolve([`${flag}=${value}`])).toThrow(new RegExp(`${flag}.*${value}.*${allowed}`));
  });

  test("an invalid value of a variable is refused with the name of the variable", () => {
    vi.stubEnv("KNAP_PORT", "http");
    expect(() => resolve([])).toThrow(/KNAP_PORT.*whole number from 1 to 65535/);
    expect(() => variableValue("port", { KNAP_PORT: "http" })).toThrow(CliError);
    expect(variableValue("port", { KNAP_PORT: "80" })).toBe(80);
    expect(variableValue("port", {})).toBeUndefined();
  });

  test("an invalid value in knap.yaml is refused with its line and the allowed values", () => {
    const { findings } = parseProjectFile("runtime: podman\nport: http\nstop-timeout: soon\n", "knap.yaml");
    expect(findings.map(({ line, message }) => `${line} ${message}`)).toEqual([
      "1 runtime: expected auto, docker or process",
      "2 port: expected a whole number from 1 to 65535",
      "3 stop-timeout: expected a duration such as 10s, 500ms or 1m30s",
    ]);
  });
});

test.each(Object.entries(sessionFlags))("the help of --%s names its variable and its allowed values", (name, row) => {
  const { command = "up", env, kind }: SessionFlag = row;
  const help = program(command).configureHelp({ helpWidth: 500 }).helpInformation();
  const line = help.split("\n").find((each) => new RegExp(`--(no-)?${name}\\b(?!-)`).test(each)) ?? "";
  expect(line).toContain(env === undefined ? row.describe : `(env: ${env})`);
  if (kind.type === "choice") expect(line).toContain(kind.choices.join("|"));
  expect(allowedText(kind)).not.toBe("");
});

test("the default UI is the terminal UI only for an interactive terminal", () => {
  const at = { env: { TERM: "xterm" }, stdinIsTty: true, stdoutIsTty: true, quiet: false };
  expect(resolveUi("auto", at)).toBe("tui");
  expect(resolveUi("auto", { ...at, env: { CI: "true" } })).toBe("plain");
  expect(resolveUi("auto", { ...at, env: { TERM: "dumb" } })).toBe("plain");
  expect(resolveUi("auto", { ...at, stdinIsTty: false })).toBe("plain");
  expect(resolveUi("json", at)).toBe("json");
});
