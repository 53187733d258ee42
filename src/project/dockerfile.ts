// Reads from a Dockerfile what the final stage runs, where, and with which environment. It loads the Dockerfile parser,
// so import this module lazily.
import { posix } from "node:path";
import { Copy, DockerfileParser, From, type Instruction, PropertyInstruction } from "dockerfile-ast";
import type { StringMap } from "../apis/meta/object.ts";

export interface DockerfileFacts {
  /** Exec form as written, shell form as `["/bin/sh", "-c", line]`. Empty: the base image decides. */
  readonly entrypoint: readonly string[];
  /** As `entrypoint`. */
  readonly cmd: readonly string[];
  readonly workdir: string;
  readonly env: StringMap;
  /** The image that the stage starts from, with ARG values filled in. */
  readonly base: string;
  /** What fills the file system of the stage, in order. */
  readonly steps: readonly DockerfileStep[];
}

export type DockerfileStep =
  /** COPY or ADD of files of the context, as written; `target` is absolute, and ends with / if it was written so. */
  | { readonly type: "copy"; readonly sources: readonly string[]; readonly target: string }
  | { readonly type: "run"; readonly command: readonly string[] }
  /** COPY of files of another stage of the same Dockerfile. */
  | { readonly type: "stage"; readonly steps: readonly DockerfileStep[] };

const NO_FACTS: DockerfileFacts = { entrypoint: [], cmd: [], workdir: "", env: {}, base: "", steps: [] };

/** Returns a raw text on one line. The parser's own text contains comment lines between continued lines. */
function joinLines(raw: string, escapeCharacter: string): string {
  return raw
    .split(/\r?\n/)
    .filter((line, index) => index === 0 || !/^\s*#/.test(line))
    .map((line, index, all) => (index < all.length - 1 ? withoutEnd(line.trimEnd(), escapeCharacter) : line))
    .join(" ");
}

const withoutEnd = (text: string, end: string): string => (text.endsWith(end) ? text.slice(0, -end.length) : text);

/** Returns the command of CMD or ENTRYPOINT. Other text than a JSON array of strings is shell form, as in Docker. */
function readCommand(text: string): readonly string[] {
  try {
    const words: unknown = JSON.parse(text);
    if (Array.isArray(words) && words.every((word) => typeof word === "string")) return words;
  } catch {
    // Shell form.
  }
  return ["/bin/sh", "-c", text];
}

/** Fills in `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME:+other}`. */
function fillIn(text: string, values: StringMap): string {
  // The bound keeps the time linear if closing braces are missing.
  return text.replace(/\$(?:(\w+)|\{(\w+)(?::([-+])([^}]{0,1000}))?\})/g, (_, plain, braced, sign, other) => {
    const value = values[plain ?? braced] ?? "";
    if (sign === "-") return value || other;
    return sign === "+" ? (value ? other : "") : value;
  });
}

/** Names and values of ENV or ARG; the value is undefined where none is given. */
function readPairs(instruction: Instruction): readonly (readonly [string, string | undefined])[] {
  const properties = instruction instanceof PropertyInstruction ? instruction.getProperties() : [];
  return properties.map((property) => [property.getName(), property.getValue() ?? undefined]);
}

function joinFolder(folder: string, next: string): string {
  if (next.startsWith("/")) return `/${next.split("/").filter(Boolean).join("/")}`;
  return `${folder === "/" ? "" : folder}/${next}`.replace(/\/\.(?=\/|$)/g, "") || "/";
}

interface Before {
  readonly args: StringMap;
  /** As in {@link Stages}. */
  readonly stages: ReadonlyMap<string, DockerfileFacts>;
}

/** The facts of a stage after one more instruction. */
function afterInstruction(facts: DockerfileFacts, instruction: Instruction, text: string, { args, stages }: Before) {
  const fill = (value: string) => fillIn(value, { ...args, ...facts.env });
  switch (instruction.getKeyword()) {
    case "WORKDIR":
      return { ...facts, workdir: joinFolder(facts.workdir, fill(text)) };
    case "ENV": {
      const set = readPairs(instruction).flatMap(([name, value]) => (value === undefined ? [] : [[name, fill(value)]]));
      return { ...facts, env: { ...facts.env, ...Object.fromEntries(set) } };
    }
    case "CMD":
      return { ...facts, cmd: readCommand(text) };
    case "ENTRYPOINT":
      // As in Docker, an ENTRYPOINT discards the CMD of the base stage.
      return { ...facts, entrypoint: readCommand(text), cmd: [] };
    case "RUN":
      return { ...facts, steps: [...facts.steps, { type: "run" as const, command: runCommand(instruction, text) }] };
    case "COPY":
    case "ADD": {
      const from = instruction instanceof Copy ? instruction.getFromFlag() : null;
      const copied = from ? readStageCopy(fill(from.getValue() ?? ""), stages) : readCopy(fill(text), facts.workdir);
      return { ...facts, steps: [...facts.steps, ...copied] };
    }
    default:
      return facts;
  }
}

const FLAGS = /^(?:--\S+\s+)+/;

/** Returns the command of RUN; that of a here-document is its content. */
function runCommand(instruction: Instruction, text: string): readonly string[] {
  if (!/<<-?["']?\w/.test(text)) return readCommand(text.replace(FLAGS, ""));
  const lines = (instruction.getTextContent() ?? "").split("\n");
  return ["/bin/sh", "-c", lines.slice(1, -1).join("\n")];
}

/** Returns no step for files of images. `from`: the name or number of a stage, or an image. */
function readStageCopy(from: string, stages: Before["stages"]): readonly DockerfileStep[] {
  const stage = stages.get(from.toLowerCase()) ?? [...stages.values()][/^\d+$/.test(from) ? Number(from) : -1];
  return stage === undefined ? [] : [{ type: "stage", steps: stage.steps }];
}

/** Returns no step for here-documents and URLs, which are not in the context. */
function readCopy(text: string, workdir: string): readonly DockerfileStep[] {
  if (text.includes("<<") || /(?:^|[\s"])\w+:\/\/|git@/.test(text)) return [];
  const line = text.replace(FLAGS, "").trim();
  const words = line.startsWith("[") ? readCommand(line) : line.split(/\s+/);
  const [target, ...sources] = [...words].reverse();
  if (target === undefined || sources.length === 0) return [];
  const isFolder = /(?:^|\/)\.?$/.test(target);
  const absolute = posix.resolve("/", workdir, target);
  return [
    { type: "copy", sources: sources.reverse(), target: isFolder && absolute !== "/" ? `${absolute}/` : absolute },
  ];
}

/** Returns the arguments known after an ARG instruction. Build arguments override the defaults in ARG. */
function afterArg(instruction: Instruction, given: StringMap, before: StringMap): StringMap {
  let args = before;
  for (const [name, initial] of readPairs(instruction)) {
    const value = given[name] ?? initial;
    if (value !== undefined) args = { ...args, [name]: fillIn(value, args) };
  }
  return args;
}

interface Stages {
  /** By name in lower case, or by number. */
  readonly stages: ReadonlyMap<string, DockerfileFacts>;
  readonly last: string;
}

function readStages(text: string, given: StringMap): Stages {
  const stages = new Map<string, DockerfileFacts>();
  const dockerfile = DockerfileParser.parse(text);
  let args: StringMap = {};
  let last: string | undefined;
  for (const instruction of dockerfile.getInstructions()) {
    if (instruction.getArgumentsContent() === null) continue;
    if (instruction.getKeyword() === "ARG") args = afterArg(instruction, given, args);
    else if (instruction instanceof From) {
      const base = fillIn(instruction.getImage() ?? "", args);
      last = (instruction.getBuildStage() ?? String(stages.size)).toLowerCase();
      stages.set(last, stages.get(base.toLowerCase()) ?? { ...NO_FACTS, base });
    } else if (last !== undefined) {
      const argument = joinLines(instruction.getRawArgumentsContent() ?? "", dockerfile.getEscapeCharacter());
      stages.set(last, afterInstruction(stages.get(last) ?? NO_FACTS, instruction, argument, { args, stages }));
    }
  }
  return { stages, last: last ?? "" };
}

/**
 * Returns the facts of stage `target` or of the last stage, with those of the stages below it; undefined if the stage
 * does not exist.
 */
export function readDockerfile(
  text: string,
  options: { readonly target?: string | undefined; readonly args?: StringMap } = {},
): DockerfileFacts | undefined {
  const { stages, last } = readStages(text, options.args ?? {});
  return stages.get(options.target?.toLowerCase() ?? last);
}

/** Returns the images that stages start from, without `scratch`. */
export function baseImages(text: string, options: { readonly args?: StringMap } = {}): readonly string[] {
  const bases = [...readStages(text, options.args ?? {}).stages.values()].map(({ base }) => base);
  return [...new Set(bases)].filter((base) => base !== "" && base !== "scratch");
}

export interface DockerfileInstruction {
  /** 1-based. */
  readonly line: number;
  /** The name of its stage in lower case, or `stage-<number>`, as BuildKit calls it. */
  readonly stage: string;
  /** The whole instruction on one line, with single spaces and without comments. */
  readonly text: string;
}

export function readInstructions(text: string): readonly DockerfileInstruction[] {
  const dockerfile = DockerfileParser.parse(text);
  const lines = text.split(/\r?\n/);
  let stages = 0;
  let stage = "";
  return dockerfile.getInstructions().map((instruction) => {
    if (instruction instanceof From) {
      stage = (instruction.getBuildStage() ?? `stage-${stages}`).toLowerCase();
      stages++;
    }
    // The arguments that the parser gives have no flags.
    const { start, end } = instruction.getRange();
    const raw = lines.slice(start.line, end.line + 1).join("\n");
    // In a here-document, a line with # is no comment of the Dockerfile.
    const joined = raw.includes("<<") ? raw : joinLines(raw, dockerfile.getEscapeCharacter());
    return { line: start.line + 1, stage, text: joined.replace(/\s+/g, " ").trim() };
  });
}

export interface InferredCommand {
  readonly command: readonly string[];
  /** ENV of the Dockerfile. The pod's environment overrides it. */
  readonly env: StringMap;
}

/** Returns a path of the image as a path of the project: `/app/server.js` under WORKDIR /app becomes `./server.js`. */
function projectPath(word: string, workdir: string): string {
  if (workdir === "" || workdir === "/") return word;
  if (word === workdir) return ".";
  return word.startsWith(`${workdir}/`) ? `./${word.slice(workdir.length + 1)}` : word;
}

/** ENTRYPOINT and CMD as the command of a process; undefined if the base image decides both. */
export function inferCommand(facts: DockerfileFacts): InferredCommand | undefined {
  const words = [...facts.entrypoint, ...facts.cmd];
  if (words.length === 0) return undefined;
  return { command: words.map((word) => projectPath(word, facts.workdir)), env: facts.env };
}
