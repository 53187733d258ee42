// `knap kubeconfig`: prints the path of the session's kubeconfig, for kubectl, kn and client libraries.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { GlobalFlags } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { connect } from "../session/connect.ts";
import type { Terminal } from "../terminal.ts";

export async function kubeconfig(
  _words: readonly string[],
  flags: { raw?: boolean } & GlobalFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const path = join((await connect(flags, terminal)).path, "kubeconfig");
  terminal.print(flags.raw ? (await readFile(path, "utf8")).trimEnd() : path);
  return exitCodes.ok;
}
