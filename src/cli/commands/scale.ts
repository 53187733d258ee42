// `knap scale`: sets the number of pods until the autoscaler's next decision. A cluster has no such command.
import type { CommandBody } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { namedTarget } from "../objects/fetch-targets.ts";
import { answerText } from "../output/answers.ts";
import { connect } from "../session/connect.ts";

export const scale: CommandBody<{ namespace?: string; output?: string }> = async (
  [arg = "", pods = ""],
  flags,
  terminal,
) => {
  const { resource, name } = namedTarget(arg, ["Service.serving.knative.dev", "Revision.serving.knative.dev"]);
  const { client } = await connect(flags, terminal);
  const request = { [resource.singular]: name, namespace: flags.namespace ?? "default", pods: Number(pods) };
  const { message } = await client.knap<{ readonly message: string }>("POST", "/scale", request);
  terminal.print(flags.output === "json" ? answerText("ScaleRequest", { ...request, message }) : message);
  return exitCodes.ok;
};
