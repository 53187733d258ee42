// Declares the commands that start, stop or inspect a session, and those that a cluster does not have.
import type { Command } from "commander";
import { debuggerKinds } from "../../apis/serving/debug.ts";
import type { DebugFlags } from "../commands/debug.ts";
import type { DoctorFlags } from "../commands/doctor.ts";
import type { DownFlags } from "../commands/down.ts";
import { parseCountFlag, parserOf } from "../flags/parse-flag.ts";
import { addSessionFlags, type SessionFlags } from "../flags/session-flags.ts";
import { act, fileFlag, kustomizeFlag, namespaceFlag, outputFlag, type Run } from "./define.ts";

export function addSessionCommands(program: Command, run: Run): void {
  const up = addSessionFlags(
    program.command("up", { isDefault: true }).alias("dev").addOption(fileFlag()).addOption(kustomizeFlag()),
    "up",
  )
    .summary("serve the Services of your files and deploy every change")
    .description("Applies the files, serves the Services, deploys changed files and shows progress until Ctrl-C.");
  act<SessionFlags>(run, up, async () => (await import("../commands/up.ts")).up);

  const ci = addSessionFlags(program.command("ci").addOption(fileFlag()).addOption(kustomizeFlag()), "ci")
    .summary("start a session, wait until Ready, run a command, stop")
    .description(
      "Starts a session, waits until every Service is Ready, runs CMD with KNAP_URL and related variables, and exits with CMD's exit code.",
    )
    .argument("[cmd...]", "the command to run, after --");
  act<SessionFlags>(run, ci, async () => (await import("../commands/ci.ts")).ci);

  const down = program
    .command("down")
    .summary("stop a session")
    .description(
      "Asks the session of this folder, or of --session, to stop and waits until it has stopped. --all shows all live sessions, asks before it ends them, and removes what dead sessions left.",
    )
    .option("--all", "stop every session and remove what dead sessions left on the engine")
    .option("--yes", "with --all: do not ask, also about sessions that may be live elsewhere")
    .option("--list", "only list the running sessions");
  act<DownFlags>(run, down, async () => (await import("../commands/down.ts")).down);

  const kubeconfig = program
    .command("kubeconfig")
    .summary("print the path of the session's kubeconfig")
    .description('Prints the path of the session\'s kubeconfig: export KUBECONFIG="$(knap kubeconfig)".')
    .option("--raw", "print the content of the file instead");
  act<{ raw?: boolean }>(run, kubeconfig, async () => (await import("../commands/kubeconfig.ts")).kubeconfig);

  const doctor = program
    .command("doctor")
    .summary("check engine, ports, images and tools; each finding has a fix")
    .addOption(fileFlag())
    .addOption(kustomizeFlag())
    .addOption(outputFlag("json"));
  act<DoctorFlags>(run, doctor, async () => (await import("../commands/doctor.ts")).doctor);
}

const parsePort = parserOf({ type: "count", value: "port", least: 1, most: 65_535 });
const KNAP_GROUP = "Only in knap, not in a cluster:";

/** Commands of the API group knap.dev. The help lists them in a group of their own. */
export function addKnapCommands(program: Command, run: Run): void {
  const scale = program
    .command("scale")
    .helpGroup(KNAP_GROUP)
    .summary("set the number of pods until the autoscaler's next decision")
    .argument("<name>", "SERVICE or revision/NAME")
    .argument("<pods>", "number of pods", (text) => String(parseCountFlag(0)(text)))
    .addOption(namespaceFlag());
  act<{ namespace?: string }>(run, scale, async () => (await import("../commands/scale.ts")).scale);

  const kill = program
    .command("kill")
    .helpGroup(KNAP_GROUP)
    .summary("kill a pod's container, as a crash would")
    .argument("<pod>", "name of the pod")
    .addOption(namespaceFlag())
    .option("--signal <name>", "signal to send", "SIGKILL");
  act<{ namespace?: string; signal: string }>(run, kill, async () => (await import("../commands/kill.ts")).kill);

  const debug = program
    .command("debug")
    .helpGroup(KNAP_GROUP)
    .summary("let a debugger hold one instance of a Service")
    .description(
      "Restarts the Service as one instance under its debugger, and holds probes, timeouts, scaling and newer revisions. Writes a launch configuration for VS Code. Without a name: lists what is debugged.",
    )
    .argument("[name]", "SERVICE or revision/NAME")
    .addOption(namespaceFlag())
    .option("--off", "end it: a normal instance follows")
    .option("--kind <debugger>", debuggerKinds.join(", "), parserOf({ type: "choice", choices: debuggerKinds }))
    .option("--port <port>", "port of 127.0.0.1 for debuggers; for an unknown debugger the app's own port", parsePort)
    .option("--wait", "start the app only when a debugger attaches")
    .option("--no-launch", "do not write .vscode/launch.json")
    .addOption(outputFlag("json"));
  act<DebugFlags>(run, debug, async () => (await import("../commands/debug.ts")).debug);

  const clock = program
    .command("clock")
    .helpGroup(KNAP_GROUP)
    .summary("show or advance the virtual clock")
    .description(
      "now: show the time. advance DURATION: advance it. run SERVICE|revision/NAME ready|zero|PODS: advance it until the state is reached; fails at once if that is impossible.",
    )
    .argument("[verb]", "now, advance or run", "now")
    .argument("[args...]", "arguments of the verb")
    .addOption(namespaceFlag());
  act<{ namespace?: string }>(run, clock, async () => (await import("../commands/clock.ts")).clock);
}
