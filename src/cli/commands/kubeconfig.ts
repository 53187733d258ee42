// `knap kubeconfig`: prints the path of the session's kubeconfig, for kubectl, kn and client libraries.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { CommandBody } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { connect } from "../session/connect.ts";

export const kubeconfig: CommandBody<{ raw?: boolean }> = async (_args, flags, terminal) => {
  const path = join((await connect(flags, terminal)).path, "kubeconfig");
  terminal.print(flags.raw ? (await readFile(path, "utf8")).trimEnd() : path);
  return exitCodes.ok;
};
