// `knap init --agents`: writes the commands that a coding agent needs to AGENTS.md. Changes only knap's own block.
import { readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { CliError } from "../cli-error.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { answerText } from "../output/answers.ts";
import type { Terminal } from "../terminal.ts";

const FILE = "AGENTS.md";
const BEGIN = "<!-- knap: begin. `knap init --agents` writes this block. -->";
const END = "<!-- knap: end -->";

const BLOCK = `${BEGIN}
## Run the Services of this project with knap

knap runs Knative Services on this machine, without a cluster. Never wait with \`sleep\`: these commands return when it is done.

| to | run |
|---|---|
| check the manifests | \`knap validate -o json\` |
| start; returns when every Service is Ready | \`knap up --detach\` |
| list the Services and their URLs | \`knap get ksvc -o json\` |
| wait for a Service after a change | \`knap wait ksvc/NAME --for condition=Ready -o json\` |
| call a Service | \`curl --fail-with-body "$(knap get ksvc NAME -o url)"\` |
| see why it has its scale, or is not ready | \`knap explain NAME -o json\`, \`knap describe ksvc/NAME\` |
| see its output and events | \`knap logs NAME -o json\`, \`knap events -o json\` |
| test: start, run a command with KNAP_URL set, stop | \`knap ci -- COMMAND\` |
| stop | \`knap down\` |

Exit codes: 0 ok, 1 a Service or check failed, 2 usage or invalid files, 3 this machine, 4 timeout. With \`-o json\` the last line of stderr of a failed
command is an object with \`code\`, \`what\`, \`why\` and \`fix\`. Saved files take effect by themselves while \`knap up\` runs.
${END}`;

/** Resolves to the file with knap's block in it; undefined if its markers are damaged. */
function withBlock(before: string): string | undefined {
  const [begin, end] = [before.indexOf(BEGIN), before.indexOf(END)];
  if (begin === -1 && end === -1)
    return `${before}${before === "" || before.endsWith("\n") ? "" : "\n"}${before && "\n"}${BLOCK}\n`;
  if (begin === -1 || end < begin) return undefined;
  return before.slice(0, begin) + BLOCK + before.slice(end + END.length);
}

/** `folder`: that of the project. Text outside of the block stays. */
export async function initAgents(folder: string, output: string | undefined, terminal: Terminal): Promise<ExitCode> {
  const path = join(folder, FILE);
  const before = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  const shown = relative(terminal.cwd, path);
  const after = withBlock(before ?? "");
  if (after === undefined) {
    const fix = `remove the line ${before?.includes(BEGIN) ? BEGIN : END}, and run the command again`;
    throw new CliError({ code: "NOT_POSSIBLE", what: `${shown} has only one of the two marks of knap's block`, fix });
  }
  const action = before === undefined ? "created" : before === after ? "unchanged" : "updated";
  if (action !== "unchanged") await writeFile(path, after);
  terminal.print(output === "json" ? answerText("AgentsFile", { file: path, action }) : `${action} ${shown}`);
  return exitCodes.ok;
}
