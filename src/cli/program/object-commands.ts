// kubectl's grammar over the session's objects: apply, get, describe, delete, wait, logs, events, explain.
import type { Command } from "commander";
import type { ApplyFlags } from "../commands/apply.ts";
import type { DeleteFlags } from "../commands/delete.ts";
import type { EventsFlags } from "../commands/events.ts";
import type { GetFlags } from "../commands/get.ts";
import type { LogsFlags } from "../commands/logs.ts";
import type { WaitFlags } from "../commands/wait.ts";
import { act, fileFlag, flag, namespaceFlag, outputFlag, type Run } from "./define.ts";

const FORMS = "wide|json|yaml|name|url|jsonpath=…";
const all = () => flag("-A, --all-namespaces", "all namespaces");
const selector = () => flag("-l, --selector <labels>", "label selector: a=b,c!=d,e");

/** What changes objects. */
export function addWritingCommands(program: Command, run: Run): void {
  const apply = program
    .command("apply")
    .summary("apply files to a session")
    .addOption(fileFlag())
    .addOption(namespaceFlag())
    .addOption(
      flag("--validate <mode>", "what unknown fields are", {
        env: "KNAP_VALIDATE",
        choices: ["strict", "warn", "ignore"],
      }),
    )
    .addOption(outputFlag("name|json|yaml"));
  act<ApplyFlags>(run, apply, async () => (await import("../commands/apply.ts")).apply);

  const remove = program
    .command("delete")
    .summary("delete objects and wait until they are gone")
    .argument("[kind[/name]]")
    .argument("[names...]")
    .addOption(fileFlag())
    .addOption(namespaceFlag())
    .addOption(selector())
    .option("--all", "all of this kind in the namespace")
    .option("--ignore-not-found", "what is not there is fine")
    .option("--no-wait", "do not wait until they are gone")
    .option("--cascade <how>", "background, foreground or orphan", "background");
  act<DeleteFlags>(run, remove, async () => (await import("../commands/delete.ts")).remove);
}

/** What looks at objects. */
export function addObjectCommands(program: Command, run: Run): void {
  const get = program
    .command("get")
    .summary("show objects: ksvc, revision, route, configuration, pods, …")
    .argument("<kind[/name]>", "kinds (comma separated) or kind/name")
    .argument("[names...]")
    .addOption(namespaceFlag())
    .addOption(all())
    .addOption(selector())
    .addOption(outputFlag(FORMS))
    .option("--no-headers", "no header line")
    .option("-w, --watch", "go on showing changes");
  act<GetFlags>(run, get, async () => (await import("../commands/get.ts")).get);

  const describe = program
    .command("describe")
    .summary("one object in full, with conditions and events")
    .argument("<kind[/name]>")
    .argument("[names...]")
    .addOption(namespaceFlag());
  act<{ namespace?: string }>(run, describe, async () => (await import("../commands/describe.ts")).describe);

  const wait = program
    .command("wait")
    .summary("wait for a condition")
    .argument("<kind[/name]>")
    .argument("[names...]")
    .addOption(namespaceFlag())
    .requiredOption("--for <what>", "condition=Ready[=True], delete, or jsonpath={…}=value")
    .option("--timeout <duration>", "how long (default 30s)")
    .option("--all", "all of this kind in the namespace");
  act<WaitFlags>(run, wait, async () => (await import("../commands/wait.ts")).wait);
}

/** What tells a story of them. */
export function addStoryCommands(program: Command, run: Run): void {
  const logs = program
    .command("logs")
    .summary("what the pods of a Service or Revision write")
    .argument("<name>", "SERVICE, revision/NAME or pod/NAME")
    .addOption(namespaceFlag())
    .option("-c, --container <name>", "container (default: the one that serves)")
    .option("-f, --follow", "go on, also with pods that start later")
    .option("--since <duration>", "only newer than this")
    .option("--tail <lines>", "only the last lines of each pod")
    .option("--timestamps", "with times");
  act<LogsFlags>(run, logs, async () => (await import("../commands/logs.ts")).logs);

  const events = program
    .command("events")
    .summary("what happened, newest last")
    .argument("[kind/name]", "only of this object")
    .addOption(namespaceFlag())
    .addOption(all())
    .addOption(outputFlag("json|yaml"))
    .option("--no-headers", "no header line")
    .option("-w, --watch", "go on showing new ones");
  act<EventsFlags>(run, events, async () => (await import("../commands/events.ts")).events);

  const explain = program
    .command("explain")
    .summary("why it scaled, or why it did not")
    .argument("<name>", "SERVICE or revision/NAME")
    .addOption(namespaceFlag())
    .addOption(outputFlag("json"))
    .option("--last <count>", "how many decisions", "10");
  act<{ namespace?: string; output?: string; last?: string }>(
    run,
    explain,
    async () => (await import("../commands/explain.ts")).explain,
  );
}
