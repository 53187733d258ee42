// `knap version`: prints the versions for a bug report.

import type { GlobalFlags } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import type { Terminal } from "../terminal.ts";
import { knapVersion } from "../version.ts";

export async function showVersion(
  _words: readonly string[],
  flags: { output?: string } & GlobalFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const facts = { knap: knapVersion, node: process.version, platform: `${process.platform}/${process.arch}` };
  const lines = Object.entries(facts).map(([name, value]) => `${name} ${value}`);
  terminal.print(flags.output === "json" ? JSON.stringify(facts) : lines.join("\n"));
  return exitCodes.ok;
}
