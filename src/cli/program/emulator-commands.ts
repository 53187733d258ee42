// Verbs that a cluster does not have, kept apart from Knative's: they talk to the API group knap.dev.
import type { Command } from "commander";
import { act, namespaceFlag, type Run } from "./define.ts";

const GROUP = "Only here, not in a cluster:";

export function addEmulatorCommands(program: Command, run: Run): void {
  const scale = program
    .command("scale")
    .helpGroup(GROUP)
    .summary("ask for a number of pods until the autoscaler decides anew")
    .argument("<name>", "SERVICE or revision/NAME")
    .argument("<pods>")
    .addOption(namespaceFlag());
  act<{ namespace?: string }>(run, scale, async () => (await import("../commands/scale.ts")).scale);

  const kill = program
    .command("kill")
    .helpGroup(GROUP)
    .summary("kill a pod's container as a crash would")
    .argument("<pod>")
    .addOption(namespaceFlag())
    .option("--signal <name>", "which signal", "SIGKILL");
  act<{ namespace?: string; signal?: string }>(run, kill, async () => (await import("../commands/kill.ts")).kill);

  const clock = program
    .command("clock")
    .helpGroup(GROUP)
    .summary("look at the virtual clock, or let time pass")
    .description(
      "now; advance DURATION; run SERVICE|revision/NAME ready|zero|PODS, which fails at once when that cannot come.",
    )
    .argument("[verb]", "now, advance or run", "now")
    .argument("[words...]")
    .addOption(namespaceFlag());
  act<{ namespace?: string }>(run, clock, async () => (await import("../commands/clock.ts")).clock);
}
