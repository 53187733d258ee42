// `knap kill`: kills a pod's container, as a crash would.
import type { CommandBody } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { answerText } from "../output/answers.ts";
import { connect } from "../session/connect.ts";

export const kill: CommandBody<{ namespace?: string; output?: string; signal: string }> = async (
  [pod = ""],
  flags,
  terminal,
) => {
  const { client } = await connect(flags, terminal);
  const { namespace = "default", signal } = flags;
  const request = { namespace, pod, signal };
  await client.knap("POST", "/kill", request);
  terminal.print(flags.output === "json" ? answerText("PodKill", request) : `${pod} killed with ${signal}`);
  return exitCodes.ok;
};
