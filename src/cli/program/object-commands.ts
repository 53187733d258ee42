// Declares the commands on the session's objects. Their grammar is kubectl's.
import { type Command, InvalidArgumentError, Option } from "commander";
import { parseSelector } from "../../apis/core/parse-selector.ts";
import type { ApplyFlags } from "../commands/apply.ts";
import type { DeleteFlags } from "../commands/delete.ts";
import type { EventsFlags } from "../commands/events.ts";
import type { ExplainFlags } from "../commands/explain.ts";
import type { GetFlags } from "../commands/get.ts";
import type { LogsFlags } from "../commands/logs.ts";
import type { WaitFlags } from "../commands/wait.ts";
import { parseCountFlag, parseDurationFlag, parserOf } from "../flags/parse-flag.ts";
import { sessionOption } from "../flags/session-flags.ts";
import { act, fileFlag, kustomizeFlag, namespaceFlag, outputFlag, type Run } from "./define.ts";

const FORMATS = "wide|json|yaml|name|url|jsonpath=…";
const all = () => new Option("-A, --all-namespaces", "all namespaces");
const parseCascade = parserOf({ type: "choice", choices: ["background", "foreground", "orphan"] });
const selector = () =>
  new Option("-l, --selector <labels>", "label selector: a=b,c!=d,e").argParser((text) => {
    const parsed = parseSelector(text);
    if (!parsed.ok) throw new InvalidArgumentError(parsed.error);
    return parsed.value;
  });

/** Commands that change objects. */
export function addWritingCommands(program: Command, run: Run): void {
  const apply = program
    .command("apply")
    .summary("apply files to a session")
    .addOption(fileFlag())
    .addOption(kustomizeFlag())
    .addOption(namespaceFlag())
    .addOption(sessionOption("validate"))
    .addOption(sessionOption("traffic"))
    .addOption(outputFlag("name|json|yaml"));
  act<ApplyFlags>(run, apply, async () => (await import("../commands/apply.ts")).apply);

  const remove = program
    .command("delete")
    .summary("delete objects and wait until they are gone")
    .argument("[kind[/name]]")
    .argument("[names...]")
    .addOption(fileFlag())
    .addOption(kustomizeFlag())
    .addOption(namespaceFlag())
    .addOption(selector())
    .option("--all", "all of this kind in the namespace")
    .option("--ignore-not-found", "do not fail for objects that do not exist")
    .addOption(outputFlag("name|json|yaml"))
    .option("--no-wait", "do not wait until they are gone")
    .option(
      "--cascade <how>",
      "what happens to dependents: background, foreground or orphan",
      parseCascade,
      "background",
    );
  act<DeleteFlags>(run, remove, async () => (await import("../commands/delete.ts")).remove);
}

/** Commands that show or wait for objects. */
export function addObjectCommands(program: Command, run: Run): void {
  const get = program
    .command("get")
    .summary("list objects: ksvc, revision, route, configuration, pods, …")
    .argument("<kind[/name]>", "kinds (comma separated) or kind/name")
    .argument("[names...]")
    .addOption(namespaceFlag())
    .addOption(all())
    .addOption(selector())
    .addOption(outputFlag(FORMATS))
    .option("--no-headers", "omit the header line")
    .option("-w, --watch", "keep printing changes");
  act<GetFlags>(run, get, async () => (await import("../commands/get.ts")).get);

  const describe = program
    .command("describe")
    .summary("show one object with its fields, conditions and events")
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
    .addOption(new Option("--timeout <duration>", "maximum time").argParser(parseDurationFlag).default(30_000, "30s"))
    .addOption(outputFlag("name|json|yaml"))
    .option("--all", "all of this kind in the namespace");
  act<WaitFlags>(run, wait, async () => (await import("../commands/wait.ts")).wait);
}

/** Commands that show what happened to objects. */
export function addHistoryCommands(program: Command, run: Run): void {
  const logs = program
    .command("logs")
    .summary("print the logs of a Service's or Revision's pods")
    .argument("<name>", "SERVICE, revision/NAME or pod/NAME")
    .addOption(namespaceFlag())
    .option("-c, --container <name>", "container (default: the serving container)")
    .option("-f, --follow", "keep printing, also from pods that start later")
    .option("--since <duration>", "only lines newer than this", parseDurationFlag)
    .option("--tail <lines>", "only the last lines of each pod", parseCountFlag(0))
    .option("--timestamps", "print the time of each line")
    .addOption(outputFlag("json"));
  act<LogsFlags>(run, logs, async () => (await import("../commands/logs.ts")).logs);

  const events = program
    .command("events")
    .summary("list events, newest last")
    .argument("[kind/name]", "only events of this object")
    .addOption(namespaceFlag())
    .addOption(all())
    .addOption(outputFlag("json|yaml"))
    .option("--no-headers", "omit the header line")
    .option("-w, --watch", "keep printing new events");
  act<EventsFlags>(run, events, async () => (await import("../commands/events.ts")).events);

  const explain = program
    .command("explain")
    .summary("show why a revision scaled or did not scale")
    .argument("<name>", "SERVICE or revision/NAME")
    .addOption(namespaceFlag())
    .addOption(outputFlag("json"))
    .option("--last <count>", "number of decisions to show", parseCountFlag(0), 10);
  act<ExplainFlags>(run, explain, async () => (await import("../commands/explain.ts")).explain);
}
