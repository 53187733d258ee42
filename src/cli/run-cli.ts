// Builds the command tree, runs one command, and turns every failure into a message on stderr and an exit code.
import { Command, CommanderError } from "commander";
import { isNear } from "../base/near.ts";
import { complaintOf, usageError } from "./cli-error.ts";
import { type ExitCode, exitCodes } from "./exit-code.ts";
import { complain } from "./output/complain.ts";
import type { Run } from "./program/define.ts";
import { addHistoryCommands, addObjectCommands, addWritingCommands } from "./program/object-commands.ts";
import { addProjectCommands } from "./program/project-commands.ts";
import { addKnapCommands, addSessionCommands } from "./program/session-commands.ts";
import { type ErrorFormat, openTerminal, type Terminal } from "./terminal.ts";
import { knapVersion } from "./version.ts";

/** Builds the command tree without loading the modules of the commands. */
function makeProgram(run: Run): Command {
  const program = new Command("knap")
    .description("Knative Serving on a laptop, without a cluster.")
    .version(knapVersion, "-V, --version", "print the version")
    .option("--session <id>", "id of the session (default: KNAP_SESSION, else the session of the current folder)")
    .option("-q, --quiet", "print no progress and no notices")
    .option("-v, --verbose", "print log records and build output")
    .enablePositionalOptions(false)
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, "knap: ")),
      ...(run.terminal.errors.format === "json" && { writeErr: () => {} }),
    });
  addSessionCommands(program, run);
  addObjectCommands(program, run);
  addWritingCommands(program, run);
  addHistoryCommands(program, run);
  addProjectCommands(program, run);
  addKnapCommands(program, run);
  for (const command of [program, ...program.commands]) {
    const name = command === program ? "knap" : `knap ${command.name()}`;
    command.copyInheritedSettings(program).exitOverride().showHelpAfterError(`  → see \`${name} --help\``);
  }
  return program;
}

/** Returns the first argument, or the one after `help`, if it is neither an option nor a command. */
function unknownCommand(program: Command, args: readonly string[]): string | undefined {
  const first = args[0] === "help" ? args[1] : args[0];
  if (first === undefined || first.startsWith("-")) return undefined;
  const known = program.commands.flatMap((command) => [command.name(), ...command.aliases()]);
  return [...known, "help"].includes(first) ? undefined : first;
}

async function runWith(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = exitCodes.ok;
  const program = makeProgram({ terminal, finish: (given) => (code = given) });
  const unknown = unknownCommand(program, args);
  if (unknown !== undefined) {
    const near = program.commands.map((command) => command.name()).filter((name) => isNear(name, unknown));
    const fix = near.length > 0 ? `did you mean \`knap ${near.join("` or `knap ")}\`?` : "see `knap --help`";
    return failWith(usageError(`there is no command "${unknown}"`, fix), terminal);
  }
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) return failWith(error, terminal);
    if (error.exitCode === 0) return exitCodes.ok;
    // Commander has already written the text.
    if (terminal.errors.format === "json") failWith(usageError(error.message.replace(/^error: /, "")), terminal);
    return exitCodes.usage;
  }
}

function failWith(error: unknown, terminal: Terminal): ExitCode {
  const complaint = complaintOf(error);
  complain(complaint, terminal);
  return complaint.exitCode;
}

/** Reads the format from the arguments before they are parsed, since parsing may fail. */
function errorFormatOf(args: readonly string[]): ErrorFormat {
  const own = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  const text = own.join(" ");
  if (/(^| )(-o ?|--output[ =])json( |$)/.test(text)) return "json";
  return /(^| )--ui[ =]json( |$)/.test(text) ? "event" : "text";
}

/** Runs the CLI with these arguments; resolves to the exit code when everything is written. */
export async function runCli(args: readonly string[]): Promise<ExitCode> {
  const terminal = openTerminal(errorFormatOf(args));
  const code = await runWith(args, terminal);
  await Promise.all([terminal.stdout, terminal.stderr].map((stream) => new Promise((done) => stream.write("", done))));
  return code;
}
