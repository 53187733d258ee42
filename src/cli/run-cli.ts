// One run of the CLI: builds the command tree, runs what was asked for, and turns every failure into sentences and an exit code.
import { Command, CommanderError } from "commander";
import { isNear } from "../base/near.ts";
import { type Complaint, complaintOf, complaintText } from "./cli-error.ts";
import { type ExitCode, exitCodes } from "./exit-code.ts";
import type { Run } from "./program/define.ts";
import { addObjectCommands, addStoryCommands, addWritingCommands } from "./program/object-commands.ts";
import { addProjectCommands } from "./program/project-commands.ts";
import { addEmulatorCommands, addSessionCommands } from "./program/session-commands.ts";
import { openTerminal, type Terminal } from "./terminal.ts";
import { version } from "./version.ts";

/** The whole command tree. Building it runs nothing and loads no command. */
function makeProgram(run: Run): Command {
  const program = new Command("knap")
    .description("Knative Serving on a laptop, without a cluster.")
    .version(version, "-V, --version", "print the version")
    .option("--session <id>", "which session (default: KNAP_SESSION, or the one of this folder)")
    .option("-q, --quiet", "no chatter")
    .option("-v, --verbose", "say more")
    .enablePositionalOptions(false)
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "knap: ")) });
  addSessionCommands(program, run);
  addObjectCommands(program, run);
  addWritingCommands(program, run);
  addStoryCommands(program, run);
  addProjectCommands(program, run);
  addEmulatorCommands(program, run);
  for (const command of [program, ...program.commands]) {
    const name = command === program ? "knap" : `knap ${command.name()}`;
    command.copyInheritedSettings(program).exitOverride().showHelpAfterError(`  → see \`${name} --help\``);
  }
  return program;
}

/** What commander refused, as a complaint; undefined: it only printed help or the version. */
function usageComplaint(error: CommanderError): Complaint | undefined {
  return error.exitCode === 0 ? undefined : { exitCode: exitCodes.usage, what: error.message.replace(/^error: /, "") };
}

function isUnknownCommand(program: Command, args: readonly string[]): string | undefined {
  const first = args[0];
  if (first === undefined || first.startsWith("-")) return undefined;
  const known = program.commands.flatMap((command) => [command.name(), ...command.aliases()]);
  return [...known, "help"].includes(first) ? undefined : first;
}

async function runWith(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = exitCodes.ok;
  const program = makeProgram({ terminal, finish: (given) => (code = given) });
  const unknown = isUnknownCommand(program, args);
  if (unknown !== undefined) {
    const near = program.commands.map((command) => command.name()).filter((name) => isNear(name, unknown));
    const fix = near.length > 0 ? `did you mean \`knap ${near.join("` or `knap ")}\`?` : "see `knap --help`";
    const complaint = { exitCode: exitCodes.usage, what: `there is no command "${unknown}"`, fix };
    terminal.stderr.write(complaintText(complaint));
    return complaint.exitCode;
  }
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return usageComplaint(error)?.exitCode ?? exitCodes.ok;
    const complaint = complaintOf(error);
    terminal.stderr.write(complaintText(complaint));
    return complaint.exitCode;
  }
}

/** Runs the CLI with these arguments; resolves to the exit code when everything is written. */
export async function runCli(args: readonly string[]): Promise<ExitCode> {
  const terminal = openTerminal();
  const code = await runWith(args, terminal);
  await Promise.all([terminal.stdout, terminal.stderr].map((stream) => new Promise((done) => stream.write("", done))));
  return code;
}
