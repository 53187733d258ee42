// Commands that need no session: validate, simulate, init, completion, version.
import type { Command } from "commander";
import type { SimulateFlags } from "../commands/simulate.ts";
import type { ValidateFlags } from "../commands/validate.ts";
import { act, fileFlag, flag, gather, namespaceFlag, outputFlag, type Run } from "./define.ts";

export function addProjectCommands(program: Command, run: Run): void {
  const validate = program
    .command("validate")
    .summary("Knative's admission rules offline, with file, line and column")
    .addOption(fileFlag())
    .addOption(namespaceFlag())
    .addOption(outputFlag("text|json|github"))
    .addOption(
      flag("--gates <feature=value>", "feature gates, as config-features has them (repeatable)").argParser(gather),
    );
  act<ValidateFlags>(run, validate, async () => (await import("../commands/validate.ts")).validate);

  const simulate = program
    .command("simulate")
    .summary("the same autoscaler on virtual time: replicas, cold starts, latency")
    .addOption(fileFlag())
    .addOption(namespaceFlag())
    .requiredOption("--load <trace>", "CSV of time,rps,duration lines, or of single arrivals")
    .option("--start-up <duration>", "how long a pod takes to start (default 1s)")
    .option("--start-up-spread <duration>", "how much that varies (default 0)")
    .option("--max-pods <count>", "pods that the node takes")
    .option("--seed <number>", "of the pseudo-random numbers", "1")
    .addOption(outputFlag("text|json|csv"));
  act<SimulateFlags>(run, simulate, async () => (await import("../commands/simulate.ts")).simulate);

  const init = program
    .command("init")
    .summary("start a project from a template")
    .argument("[template]", "name of a template (default: node)")
    .option("--dir <folder>", "where to (default: here)")
    .option("--name <service>", "name of the Service (default: the folder's)")
    .option("--list", "list the templates");
  act<{ dir?: string; name?: string; list?: boolean }>(
    run,
    init,
    async () => (await import("../commands/init.ts")).init,
  );

  const completion = program
    .command("completion")
    .summary("completion for a shell")
    .argument("<shell>", "bash, zsh or fish");
  act(run, completion, async () => {
    const { completionScript } = await import("../commands/completion.ts");
    return completionScript(program);
  });

  const showVersion = program.command("version").summary("versions of knap and Node").addOption(outputFlag("json"));
  act<{ output?: string }>(run, showVersion, async () => (await import("../commands/version.ts")).showVersion);
}
