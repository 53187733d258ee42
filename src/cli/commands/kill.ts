// `knap kill`: kills a pod's container, as a crash would.
import type { CommandBody } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { connect } from "../session/connect.ts";

export const kill: CommandBody<{ namespace?: string; signal: string }> = async ([pod = ""], flags, terminal) => {
  const { client } = await connect(flags, terminal);
  const { namespace = "default", signal } = flags;
  await client.knap("POST", "/kill", { namespace, pod, signal });
  terminal.print(`${pod} killed with ${signal}`);
  return exitCodes.ok;
};
