// Recognises the debugger of a command, and changes the command so that the debugger listens. Pure.

import type { StringMap } from "../../apis/meta/object.ts";
import type { DebuggerKind, DebugSettings } from "../../apis/serving/debug.ts";
import { failed, ok, type Result } from "../../base/result.ts";

export interface DebuggerRequest {
  /** The command with its arguments, as it starts the app now. */
  readonly command: readonly string[];
  /** The debugger that the user names. */
  readonly kind?: DebuggerKind | undefined;
  /** The address and port on which the debugger listens in the instance. */
  readonly host: string;
  readonly port: number;
  /** The app does not start before a debugger attaches. */
  readonly waits: boolean;
}

/** How the app starts under its debugger. Absent parts do not change. */
export interface DebuggedStart extends Pick<DebugSettings, "debugger" | "command" | "env"> {
  /** The debugger is a program or module of the image: a command that succeeds if it is there, and the error if not. */
  readonly needs?: { readonly check: readonly string[]; readonly missing: string } | undefined;
}

/** The usual port of each debugger. */
export const DEBUGGER_PORTS: Readonly<Record<Exclude<DebuggerKind, "other">, number>> = {
  node: 9229,
  python: 5678,
  go: 2345,
  jvm: 5005,
};

interface Start extends Pick<DebuggedStart, "needs"> {
  readonly command?: readonly string[] | undefined;
  readonly env?: StringMap | undefined;
}

/** The word of a command that names the program, and the words around it. */
interface Program {
  readonly name: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

const NODE = /^(node|nodejs|tsx|nodemon)$/;
/** Node programs that start the app as a child. */
const NODE_LAUNCHER = /^(npm|npx|pnpm|pnpx|yarn)$/;
/** Node programs that run the app in their own process, but have no option for the inspector. */
const NODE_TOOL = /^(ts-node|ts-node-esm)$/;
const PYTHON = /^python(3(\.\d+)?)?$/;
/** Console scripts, which are modules of the same name. Some images have `python3` only. */
const PYTHON_TOOL = /^(gunicorn|uvicorn|hypercorn|flask|celery|fastapi|streamlit|waitress-serve)$/;
const JVM = /^java$/;
/** Programs that replace themselves by the command after them. */
const WRAPPER = /^(tini|tini-static|dumb-init|catatonit|env|exec|nice|.*entrypoint(\.sh)?)$/;
const SHELL = /^(sh|bash|ash|dash)$/;
/** `-c`, also together with other options: `-lc`, `-ec`. */
const SCRIPT_OPTION = /^-[a-z]*c$/;

/** Returns the start under a debugger, or a message that tells what was seen and what to do. */
export function planDebugger(request: DebuggerRequest): Result<DebuggedStart> {
  const { command, kind } = request;
  const line = findLine(command);
  const program = line && findProgram(line.words);
  const found = kind ?? (program && kindOfProgram(program.name));
  if (found === undefined) return failed(unknownText(command));
  const start = STARTS[found](request, program);
  if (start === undefined) return failed(unfitText(found, command));
  const { command: words, env, needs } = start;
  const changed = words && line ? line.rewrite(words) : words;
  return ok({ debugger: found, ...(changed && { command: changed }), ...(env && { env }), ...(needs && { needs }) });
}

const STARTS: Readonly<
  Record<DebuggerKind, (request: DebuggerRequest, program: Program | undefined) => Start | undefined>
> = {
  node: startNode,
  python: startPython,
  go: startGo,
  jvm: startJvm,
  other: () => ({}),
};

function kindOfProgram(name: string): DebuggerKind | undefined {
  if (NODE.test(name) || NODE_LAUNCHER.test(name) || NODE_TOOL.test(name)) return "node";
  if (PYTHON.test(name) || PYTHON_TOOL.test(name)) return "python";
  return JVM.test(name) ? "jvm" : undefined;
}

function startNode({ host, port, waits }: DebuggerRequest, program: Program | undefined): Start {
  const option = `--inspect${waits ? "-brk" : ""}=${host}:${port}`;
  if (program && NODE.test(program.name)) {
    const own = (word: string): boolean => /^--inspect(-brk|-wait|-port)?(=|$)/.test(word);
    // `tsx watch` hands only the words behind `watch` to Node.
    const mode = program.name === "tsx" && program.after[0] === "watch" ? ["watch"] : [];
    const after = program.after.slice(mode.length).filter((word) => !own(word));
    return { command: [...program.before, ...mode, option, ...after] };
  }
  const isApp = program && NODE_TOOL.test(program.name);
  return { env: { NODE_OPTIONS: isApp ? option : notInLaunchers({ host, port, waits }) } };
}

/** Programs that start the app as a child, by their file, which a link or a script of the package manager names. */
const LAUNCHER_FILES = [
  "(npm|npx|pnpm|pnpx|yarn|corepack|nodemon|tsx|nest|ts-node-dev|tsnd|cross-env|dotenv|concurrently)(-[^/]*|)([.][cm]*js|)",
  "run-[sp]",
  "tsx[/]dist[/]cli[.]mjs",
  "ts-node-dev[/]lib[/]bin[.]js",
];

/**
 * The children of a launcher inherit NODE_OPTIONS, but the launcher has it too and would take the port. So this option
 * opens the inspector in other programs only. It has no character that NODE_OPTIONS or a URL would need to quote.
 */
function notInLaunchers({ host, port, waits }: Pick<DebuggerRequest, "host" | "port" | "waits">): string {
  const module = [
    "import {isMainThread} from 'node:worker_threads';",
    "import {url,close,open} from 'node:inspector';",
    `if(isMainThread&&!/[/](${LAUNCHER_FILES.join("|")})$/.test(process.argv[1])){`,
    // The app may have a port by its own --inspect.
    "if(url())close();",
    `open(${port},'${host}',${waits})}`,
  ];
  return `--import=data:text/javascript,${module.join("").replaceAll(" ", "%20")}`;
}

function startPython({ host, port, waits }: DebuggerRequest, program: Program | undefined): Start | undefined {
  if (program === undefined) return undefined;
  const listen = ["-m", "debugpy", "--listen", `${host}:${port}`, ...(waits ? ["--wait-for-client"] : [])];
  const head = program.before.slice(0, -1);
  if (PYTHON_TOOL.test(program.name)) {
    const module = program.name === "waitress-serve" ? "waitress" : program.name;
    const [tool = ""] = program.before.slice(-1);
    // The Python of the same virtual environment.
    const python = `${tool.slice(0, tool.lastIndexOf("/") + 1)}python3`;
    return { command: [...head, python, ...listen, "-m", module, ...program.after], needs: needsDebugpy(python) };
  }
  if (!PYTHON.test(program.name)) return undefined;
  const own = countPythonOptions(program.after);
  const [python = ""] = program.before.slice(-1);
  const words = [...head, python, ...program.after.slice(0, own), ...listen, ...program.after.slice(own)];
  return { command: words, needs: needsDebugpy(python) };
}

function needsDebugpy(python: string): NonNullable<DebuggedStart["needs"]> {
  return { check: [python, "-c", "import debugpy"], missing: "debugpy is not installed: add it (pip install debugpy)" };
}

/** Options of the interpreter come before the debugger; `-m` and `-c` begin the app. */
function countPythonOptions(words: readonly string[]): number {
  let count = 0;
  while (words[count]?.startsWith("-") && !/^-[mc]/.test(words[count] ?? ""))
    count += /^-[XW]$/.test(words[count] ?? "") ? 2 : 1;
  return count;
}

function startGo({ host, port, waits }: DebuggerRequest, program: Program | undefined): Start | undefined {
  if (program === undefined) return undefined;
  const { before, after } = program;
  const server = ["--headless", `--listen=${host}:${port}`, "--accept-multiclient", ...(waits ? [] : ["--continue"])];
  return {
    command: [
      ...before.slice(0, -1),
      "dlv",
      "exec",
      ...server,
      ...before.slice(-1),
      ...(after.length > 0 ? ["--"] : []),
      ...after,
    ],
    needs: {
      check: ["dlv", "version"],
      missing: "dlv is not installed: add Delve (go install github.com/go-delve/delve/cmd/dlv@latest)",
    },
  };
}

function startJvm({ host, port, waits }: DebuggerRequest, program: Program | undefined): Start {
  const agent = `-agentlib:jdwp=transport=dt_socket,server=y,suspend=${waits ? "y" : "n"},address=${host}:${port}`;
  if (!program || !JVM.test(program.name)) return { env: { JAVA_TOOL_OPTIONS: agent } };
  const isAgent = (word: string): boolean => word.startsWith("-agentlib:jdwp");
  return { command: [...program.before, agent, ...program.after.filter((word) => !isAgent(word))] };
}

/** The words that start the app. */
interface CommandLine {
  readonly words: readonly string[];
  /** Returns the command with other words. */
  rewrite(words: readonly string[]): readonly string[];
}

/** Returns the command itself, or the last command of a shell's script (`sh -c "cd app && node main.js"`). */
function findLine(command: readonly string[]): CommandLine | undefined {
  const shell = command.findIndex(
    (word, index) => SHELL.test(baseName(word)) && SCRIPT_OPTION.test(command[index + 1] ?? ""),
  );
  const script = shell < 0 ? undefined : command[shell + 2];
  if (script === undefined) return { words: command, rewrite: (words) => words };
  const { length } = script.replace(/[\s;]+$/, "");
  const [end] = [...script.slice(0, length).matchAll(/&&|;|(?<!\\)\n/g)].slice(-1);
  const start = end ? end.index + end[0].length : 0;
  // One space separates the words, so that joining them restores the text.
  const words = script.slice(start, length).split(" ");
  const rewrite = (changed: readonly string[]): readonly string[] =>
    command.with(shell + 2, script.slice(0, start) + changed.join(" ") + script.slice(length));
  return { words, rewrite };
}

function findProgram(words: readonly string[]): Program | undefined {
  for (const [index, word] of words.entries()) {
    const isSkipped = word === "" || word.startsWith("-") || /^\w+=/.test(word) || WRAPPER.test(baseName(word));
    if (!isSkipped) return { name: baseName(word), before: words.slice(0, index + 1), after: words.slice(index + 1) };
  }
  return undefined;
}

function baseName(word: string): string {
  return word.slice(word.lastIndexOf("/") + 1);
}

function unknownText(command: readonly string[]): string {
  return `no debugger is known for the command ${commandText(command)}: name it with --kind node, python, go or jvm, or name the port that the app itself opens with --port`;
}

function unfitText(kind: DebuggerKind, command: readonly string[]): string {
  const first = kind === "python" ? "python or a tool such as gunicorn, uvicorn or flask" : "a program";
  return `the command ${commandText(command)} cannot start under the ${kind} debugger: it must begin with ${first}`;
}

function commandText(command: readonly string[]): string {
  return command.length === 0 ? "of the image, which is empty" : JSON.stringify(command.join(" "));
}
