// `knap kill`: kills a pod's container, as a crash would.

import type { GlobalFlags } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { connect } from "../session/connect.ts";
import type { Terminal } from "../terminal.ts";

export async function kill(
  words: readonly string[],
  flags: { namespace?: string; signal?: string } & GlobalFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const [pod = ""] = words;
  const { client } = await connect(flags, terminal);
  const body = { namespace: flags.namespace ?? "default", pod, signal: flags.signal ?? "SIGKILL" };
  await client.knap("POST", "/kill", body);
  terminal.print(`${pod} killed with ${body.signal}`);
  return exitCodes.ok;
}
