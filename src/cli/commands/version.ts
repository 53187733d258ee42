// `knap version`: prints the versions for a bug report.
import type { CommandBody } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { answerText } from "../output/answers.ts";
import { knapVersion } from "../version.ts";

export const showVersion: CommandBody<{ output?: string }> = async (_args, flags, terminal) => {
  const facts = { knap: knapVersion, node: process.version, platform: `${process.platform}/${process.arch}` };
  const lines = Object.entries(facts).map(([name, value]) => `${name} ${value}`);
  terminal.print(flags.output === "json" ? answerText("Version", facts) : lines.join("\n"));
  return exitCodes.ok;
};
