// Finds the line of a Dockerfile that a build error is about. Pure.

import type { DockerfileInstruction } from "../project/dockerfile.ts";

/** How a builder names an instruction in its error. Each pattern captures a part of the instruction. */
const ERROR_PATTERNS: readonly { readonly pattern: RegExp; readonly names: RegExp }[] = [
  { pattern: /process "(?:\/bin\/sh -c )?((?:[^"\\]|\\[\s\S])+)" did not complete/, names: /^RUN\b/i },
  // Engines before 23.
  { pattern: /executor failed running \[(?:\/bin\/sh -c )?([\s\S]+?)\]: exit code/, names: /^RUN\b/i },
  { pattern: /The command '(?:\/bin\/sh -c )?([\s\S]+?)' returned a non-zero code/, names: /^RUN\b/i },
  { pattern: /"\/?([^"\s]+)":? not found/, names: /^(COPY|ADD)\b/i },
  { pattern: /failed to walk \S*?buildkit-mount\d+\/(\S+): lstat/, names: /^(COPY|ADD)\b/i },
  { pattern: /(?:COPY|ADD) failed: .*?\/?([^/\s]+): no such file/, names: /^(COPY|ADD)\b/i },
  { pattern: /COPY failed: .*?: stat (\S+): file does not exist/, names: /^(COPY|ADD)\b/i },
  // The reference of a base image that no registry has, or that is malformed.
  { pattern: /failed to parse stage name "([^"]+)"/, names: /^FROM\b/i },
  {
    pattern:
      /(?:for|metadata for|access denied for) (?:docker\.io\/(?:library\/)?)?([\w./-]+?)(?::latest)?(?:[:,\s]|$)/,
    names: /^FROM\b/i,
  },
];

/**
 * Returns the 1-based line of the Dockerfile that a build error is about; undefined if no instruction matches.
 * `message`: the builder's error, without the output of steps. `step`: the builder's name of the step that failed.
 */
export function buildLine(
  { message, step }: { readonly message: string; readonly step?: string | undefined },
  instructions: readonly DockerfileInstruction[],
): number | undefined {
  const stepLine = step === undefined ? undefined : lineOfStep(step, instructions);
  if (stepLine !== undefined) return stepLine;
  const parseErrorLine = /dockerfile parse error (?:on )?line (\d+)/i.exec(message)?.[1];
  return parseErrorLine === undefined ? lineOfError(message, instructions) : Number(parseErrorLine);
}

/** The step of a missing image, which FROM or `COPY --from` names. */
const IMAGE_STEP = /^(?:\[[^\]]*internal\] load metadata for|FROM) (?:docker\.io\/(?:library\/)?)?(\S+?)(?::latest)?$/;

/** `[build 2/5] RUN npm ci`, {@link IMAGE_STEP}, or the classic builder's `Step 2/5 : RUN npm ci`. */
function lineOfStep(step: string, instructions: readonly DockerfileInstruction[]): number | undefined {
  const image = IMAGE_STEP.exec(step)?.[1];
  if (image !== undefined) return instructions.find(({ text }) => hasImage(text, image))?.line;
  const [, stage, text = ""] = /^(?:\[(?:(\S+) )?\d+\/\d+\]|Step \d+\/\d+ :) ([\s\S]+)$/.exec(step) ?? [];
  const wanted = oneLine(text);
  if (wanted === "") return undefined;
  const own = instructions.filter((each) => stage === undefined || each.stage === stage.toLowerCase());
  const found = own.find((each) => each.text === wanted) ?? own.find((each) => patternOf(each.text).test(wanted));
  return found?.line;
}

function hasImage(text: string, image: string): boolean {
  const [keyword = "", ...words] = text.split(" ");
  const named = /^FROM$/i.test(keyword) ? words : words.flatMap((word) => /^--from=(.+)$/i.exec(word)?.[1] ?? []);
  return named.some((word) => word === image || word === `${image}:latest`);
}

function lineOfError(message: string, instructions: readonly DockerfileInstruction[]): number | undefined {
  for (const { pattern, names } of ERROR_PATTERNS) {
    const part = oneLine(unescaped(pattern.exec(message)?.[1] ?? ""));
    const found = part === "" ? undefined : instructions.find(({ text }) => names.test(text) && text.includes(part));
    if (found !== undefined) return found.line;
  }
  // The classic builder prints each instruction as a numbered step.
  const last = [...message.matchAll(/^Step \d+\/\d+ : .+$/gm)].at(-1)?.[0];
  return last === undefined ? undefined : lineOfStep(last, instructions);
}

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();
/** BuildKit quotes a command as Go does. */
const unescaped = (text: string): string =>
  text.replace(/\\([nt"\\])/g, (_, letter) => ({ n: "\n", t: "\t" })[letter as "n"] ?? letter);

/** Builders print variables with their values. */
function patternOf(text: string): RegExp {
  const parts = text.split(/\$(?:\w+|\{[^}]*\})/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s");
}
