// `knap scale`: sets the number of pods until the autoscaler's next decision. A cluster has no such command.
import type { CommandBody } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { namedTarget } from "../objects/fetch-targets.ts";
import { connect } from "../session/connect.ts";

export const scale: CommandBody<{ namespace?: string }> = async ([arg = "", pods = ""], flags, terminal) => {
  const { resource, name } = namedTarget(arg, ["Service.serving.knative.dev", "Revision.serving.knative.dev"]);
  const { client } = await connect(flags, terminal);
  const target = { [resource.singular]: name, namespace: flags.namespace ?? "default" };
  const answer = await client.knap<{ message?: string }>("POST", "/scale", { ...target, pods: Number(pods) });
  terminal.print(answer?.message ?? `${arg} asked for ${pods}`);
  return exitCodes.ok;
};
