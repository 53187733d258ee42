// How the process runtime would start a Service: knap.yaml's command, else what its Dockerfile says, moved from the image's folders to the project's. Pure.
import type { DockerfileFacts } from "./dockerfile.ts";

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
