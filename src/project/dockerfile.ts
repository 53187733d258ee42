// Reads as much of a Dockerfile as the process runtime needs: what the final stage would run, where, and with which environment. It builds nothing.

export interface DockerfileFacts {
  /** exec form words, or `["/bin/sh", "-c", line]` for shell form. Empty: not named (inherited from the base image). */
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly workdir: string;
  readonly env: Values;
  readonly ports: readonly number[];
  /** The image that the stage starts from, its ARGs filled in. */
  readonly base: string;
}

type Values = Readonly<Record<string, string>>;

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

const NOTHING: DockerfileFacts = { entrypoint: [], cmd: [], workdir: "", env: {}, ports: [], base: "" };

/** Joins continued lines, drops comments and parser directives. */
function readInstructions(text: string): readonly Instruction[] {
  const found: Instruction[] = [];
  let open = "";
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*#/.test(line)) continue;
    const continued = /\\\s*$/.exec(line);
    open += continued ? `${line.slice(0, continued.index)} ` : line;
    if (continued) continue;
    const match = /^\s*([A-Za-z]+)\s+(.*)$/.exec(open);
    if (match) found.push({ name: (match[1] ?? "").toUpperCase(), rest: (match[2] ?? "").trim() });
    open = "";
  }
  return found;
}

/** JSON array or shell form. */
function readWords(rest: string): readonly string[] {
  if (rest.startsWith("[")) {
    try {
      const words: unknown = JSON.parse(rest);
      if (Array.isArray(words) && words.every((word) => typeof word === "string")) return words;
    } catch {
      // Not JSON: docker, too, takes it as shell form then.
    }
  }
  return ["/bin/sh", "-c", rest];
}

/** `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:+other}`. */
function fillIn(text: string, values: Values): string {
  return text.replace(/\$(?:(\w+)|\{(\w+)(?::([-+])([^}]*))?\})/g, (_, plain, braced, sign, other) => {
    const value = values[plain ?? braced] ?? "";
    if (sign === "-") return value || other;
    return sign === "+" ? (value ? other : "") : value;
  });
}

/** `A=1 B="two words"` and the old `A rest of line`. */
function readPairs(rest: string): readonly (readonly [string, string])[] {
  if (!/^\w+=/.test(rest)) {
    const match = /^(\S+)\s+(.*)$/.exec(rest);
    return match ? [[match[1] ?? "", match[2] ?? ""]] : [];
  }
  const pairs = rest.matchAll(/(\w+)=("(?:[^"\\]|\\.)*"|'[^']*'|(?:[^\s\\]|\\.)*)/g);
  return [...pairs].map(([, name = "", value = ""]) => {
    const quoted = /^(["'])([\s\S]*)\1$/.exec(value);
    return [name, (quoted ? (quoted[2] ?? "") : value).replace(/\\(.)/g, "$1")];
  });
}

function joinFolder(folder: string, next: string): string {
  if (next.startsWith("/")) return next.replace(/(.)\/+$/, "$1");
  return `${folder === "/" ? "" : folder}/${next}`.replace(/\/\.(?=\/|$)/g, "") || "/";
}

/** Applies one instruction of a stage. */
function step(facts: DockerfileFacts, { name, rest }: Instruction, args: Values): DockerfileFacts {
  const fill = (text: string) => fillIn(text, { ...args, ...facts.env });
  switch (name) {
    case "WORKDIR":
      return { ...facts, workdir: joinFolder(facts.workdir, fill(rest)) };
    case "ENV":
      return {
        ...facts,
        env: { ...facts.env, ...Object.fromEntries(readPairs(rest).map(([key, value]) => [key, fill(value)])) },
      };
    case "EXPOSE":
      return {
        ...facts,
        ports: [
          ...facts.ports,
          ...fill(rest)
            .split(/\s+/)
            .map((port) => Number.parseInt(port, 10))
            .filter(Number.isInteger),
        ],
      };
    case "CMD":
      return { ...facts, cmd: readWords(rest) };
    case "ENTRYPOINT":
      // As docker: an ENTRYPOINT makes a CMD of the base stage void.
      return { ...facts, entrypoint: readWords(rest), cmd: [] };
    default:
      return facts;
  }
}

/** ARG lines: names with their defaults, which build arguments override. */
function readArgs(rest: string, given: Values, before: Values): Values {
  let args = before;
  for (const [, name = "", fallback] of rest.matchAll(/(\w+)(?:=(\S*))?/g)) {
    const value = given[name] ?? fallback;
    if (value !== undefined) args = { ...args, [name]: fillIn(value.replace(/^(["'])(.*)\1$/, "$2"), args) };
  }
  return args;
}

interface ReadStages {
  readonly stages: ReadonlyMap<string, DockerfileFacts>;
  readonly last: string;
}

function readStages(text: string, given: Values): ReadStages {
  const stages = new Map<string, DockerfileFacts>();
  let args: Values = {};
  let last: string | undefined;
  for (const instruction of readInstructions(text)) {
    if (instruction.name === "ARG") args = readArgs(instruction.rest, given, args);
    else if (instruction.name === "FROM") {
      const [, image = "", alias] = /^(?:--\S+\s+)*(\S+)(?:\s+[Aa][Ss]\s+(\S+))?/.exec(instruction.rest) ?? [];
      const base = fillIn(image, args);
      last = (alias ?? String(stages.size)).toLowerCase();
      stages.set(last, stages.get(base.toLowerCase()) ?? { ...NOTHING, base });
    } else if (last !== undefined) stages.set(last, step(stages.get(last) ?? NOTHING, instruction, args));
  }
  return { stages, last: last ?? "" };
}

/** The facts of the stage `target` (else the last one), stages that it is built FROM included. undefined: there is no such stage. */
export function readDockerfile(
  text: string,
  options: { readonly target?: string; readonly args?: Values } = {},
): DockerfileFacts | undefined {
  const { stages, last } = readStages(text, options.args ?? {});
  return stages.get(options.target?.toLowerCase() ?? last);
}

/** Images that stages start from; `scratch` is none. */
export function baseImages(text: string, options: { readonly args?: Values } = {}): readonly string[] {
  const bases = [...readStages(text, options.args ?? {}).stages.values()].map(({ base }) => base);
  return [...new Set(bases)].filter((base) => base !== "" && base !== "scratch");
}

export interface InferredCommand {
  readonly command: readonly string[];
  /** ENV of the Dockerfile: the image's own environment, which the pod's may override. */
  readonly env: Readonly<Record<string, string>>;
}

/** A word of the image's world in the project's: `/app/server.js` under WORKDIR /app is `server.js` here. */
function moveWord(word: string, workdir: string): string {
  if (workdir === "" || workdir === "/") return word;
  if (word === workdir) return ".";
  return word.startsWith(`${workdir}/`) ? `./${word.slice(workdir.length + 1)}` : word;
}

/** ENTRYPOINT and CMD as one command. undefined: the Dockerfile leaves both to its base image. */
export function inferCommand(facts: DockerfileFacts): InferredCommand | undefined {
  const words = [...facts.entrypoint, ...facts.cmd];
  if (words.length === 0) return undefined;
  return { command: words.map((word) => moveWord(word, facts.workdir)), env: facts.env };
}
