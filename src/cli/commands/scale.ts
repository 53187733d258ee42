// `knap scale`: sets the number of pods until the autoscaler's next decision. A cluster has no such command.
import { usageError } from "../cli-error.ts";
import type { GlobalFlags } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { countFlag } from "../flags/parse-flag.ts";
import { connect } from "../session/connect.ts";
import type { Terminal } from "../terminal.ts";

export async function scale(
  words: readonly string[],
  flags: { namespace?: string } & GlobalFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const [word = "", pods = ""] = words;
  const [kind, name] = word.includes("/") ? (word.split("/", 2) as [string, string]) : ["service", word];
  if (!/^(service|ksvc|rev(ision)?)$/.test(kind)) throw usageError(`"${word}" is not a Service or revision/NAME`);
  const { client } = await connect(flags, terminal);
  const target = kind.startsWith("rev") ? { revision: name } : { service: name };
  const body = { namespace: flags.namespace ?? "default", ...target, pods: countFlag("pods", pods, 0) };
  const answer = await client.knap<{ message?: string }>("POST", "/scale", body);
  terminal.print(answer?.message ?? `${word} asked for ${pods}`);
  return exitCodes.ok;
}
