// `knap kubeconfig`: prints the path of the session's kubeconfig, for kubectl, kn and client libraries.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { usageError } from "../cli-error.ts";
import type { CommandBody } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { answerText } from "../output/answers.ts";
import { connect } from "../session/connect.ts";

export const kubeconfig: CommandBody<{ raw?: boolean; output?: string }> = async (_args, flags, terminal) => {
  if (flags.raw && flags.output) throw usageError("--raw prints the file itself, so it takes no --output");
  const path = join((await connect(flags, terminal)).path, "kubeconfig");
  if (flags.output === "json") terminal.print(answerText("Kubeconfig", { path }));
  else terminal.print(flags.raw ? (await readFile(path, "utf8")).trimEnd() : path);
  return exitCodes.ok;
};
