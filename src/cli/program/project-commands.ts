// Declares the commands that need no session: validate, simulate, init, completion, version.
import { type Command, Option } from "commander";
import type { InitFlags } from "../commands/init.ts";
import type { SimulateFlags } from "../commands/simulate.ts";
import type { ValidateFlags } from "../commands/validate.ts";
import { parseCountFlag, parseDurationFlag, parserOf } from "../flags/parse-flag.ts";
import { sessionOption } from "../flags/session-flags.ts";
import { templateNames } from "../templates.ts";
import { act, fileFlag, gather, kustomizeFlag, namespaceFlag, outputFlag, type Run } from "./define.ts";

export function addProjectCommands(program: Command, run: Run): void {
  const validate = program
    .command("validate")
    .summary("check files against Knative's admission rules, without a session")
    .addOption(fileFlag())
    .addOption(kustomizeFlag())
    .addOption(namespaceFlag())
    .addOption(sessionOption("traffic"))
    .addOption(outputFlag("text|json|github"))
    .addOption(
      new Option("--gates <feature=value>", "feature gate, as in ConfigMap config-features (repeatable)").argParser(
        gather,
      ),
    );
  act<ValidateFlags>(run, validate, async () => (await import("../commands/validate.ts")).validate);

  const simulate = program
    .command("simulate")
    .summary("simulate the autoscaler under a load: replicas, cold starts, latency")
    .addOption(fileFlag())
    .addOption(kustomizeFlag())
    .addOption(namespaceFlag())
    .addOption(sessionOption("traffic"))
    .requiredOption("--load <trace>", "CSV file of time,rps,duration lines, or of single arrivals")
    .option("--start-up <duration>", "start time of a pod (default: 1s)", parseDurationFlag)
    .option("--start-up-spread <duration>", "variation of the start time (default: 0s)", parseDurationFlag)
    .option("--max-pods <count>", "maximum number of pods", parseCountFlag(1))
    .option("--seed <number>", "seed of the pseudo-random numbers", parseCountFlag(0), 1)
    .addOption(outputFlag("text|json|csv"));
  act<SimulateFlags>(run, simulate, async () => (await import("../commands/simulate.ts")).runSimulate);

  const init = program
    .command("init")
    .summary("create a project from a template")
    .argument("[name]", "name of the Service and of a new folder for it (default: the current folder)")
    .addOption(
      new Option(
        `--template <${templateNames.join("|")}>`,
        "what the project is copied from (default: node)",
      ).argParser(parserOf({ type: "choice", choices: templateNames })),
    )
    .option("--dir <folder>", "target folder")
    .option("--list", "list the templates")
    .addOption(outputFlag("json"))
    .option("--agents", "write the commands that a coding agent needs to AGENTS.md of this project")
    .option("--watch", "write watch rules from the Dockerfiles of this project to knap.yaml");
  act<InitFlags>(run, init, async () => (await import("../commands/init.ts")).init);

  const completion = program
    .command("completion")
    .summary("print the completion script of a shell")
    .argument("<shell>", "bash, zsh or fish", parserOf({ type: "choice", choices: ["bash", "zsh", "fish"] }));
  act(run, completion, async () => {
    const { completionScript } = await import("../commands/completion.ts");
    return completionScript(program);
  });

  const showVersion = program
    .command("version")
    .summary("print the versions of knap and Node")
    .addOption(outputFlag("json"));
  act<{ output?: string }>(run, showVersion, async () => (await import("../commands/version.ts")).showVersion);
}
