// Declares the commands that start, stop or inspect a session, and those that a cluster does not have.
import type { Command } from "commander";
import { faultKinds } from "../../apis/faults/fault.ts";
import { debuggerKinds } from "../../apis/serving/debug.ts";
import type { DebugFlags } from "../commands/debug.ts";
import type { DoctorFlags } from "../commands/doctor.ts";
import type { DownFlags } from "../commands/down.ts";
import type { FaultFlags } from "../commands/fault.ts";
import type { LoadFlags } from "../commands/load.ts";
import type { UpFlags } from "../commands/up.ts";
import { parseCountFlag, parseDurationFlag, parserOf } from "../flags/parse-flag.ts";
import { addSessionFlags, type SessionFlags } from "../flags/session-flags.ts";
import { act, fileFlag, gather, kustomizeFlag, namespaceFlag, outputFlag, type Run } from "./define.ts";

export function addSessionCommands(program: Command, run: Run): void {
  const up = addSessionFlags(
    program.command("up", { isDefault: true }).alias("dev").addOption(fileFlag()).addOption(kustomizeFlag()),
    "up",
  )
    .summary("serve the Services of your files and deploy every change")
    .description("Applies the files, serves the Services, deploys changed files and shows progress until Ctrl-C.")
    .option(
      "-d, --detach",
      "return when every Service is Ready and serve in the background; print the id of the session",
    );
  act<UpFlags>(run, up, async () => (await import("../commands/up.ts")).up);

  const ci = addSessionFlags(program.command("ci").addOption(fileFlag()).addOption(kustomizeFlag()), "ci")
    .summary("start a session, wait until Ready, run a command, stop")
    .description(
      "Starts a session, waits until every Service is Ready, runs CMD with KNAP_URL and related variables, and exits with CMD's exit code.",
    )
    .argument("[cmd...]", "the command to run, after --");
  act<SessionFlags>(run, ci, async () => (await import("../commands/ci.ts")).ci);

  const harness = addSessionFlags(program.command("harness", { hidden: true }), "ci").summary(
    "the process behind the test library",
  );
  act<SessionFlags>(run, harness, async () => (await import("../commands/harness.ts")).harness);

  const down = program
    .command("down")
    .summary("stop a session")
    .description(
      "Asks the session of this folder, or of --session, to stop and waits until it has stopped. --all shows all live sessions, asks before it ends them, and removes what dead sessions left.",
    )
    .option("--all", "stop every session and remove what dead sessions left on the engine")
    .option("--yes", "with --all: do not ask, also about sessions that may be live elsewhere")
    .option("--list", "only list the running sessions")
    .addOption(outputFlag("json"));
  act<DownFlags>(run, down, async () => (await import("../commands/down.ts")).down);

  const kubeconfig = program
    .command("kubeconfig")
    .summary("print the path of the session's kubeconfig")
    .description('Prints the path of the session\'s kubeconfig: export KUBECONFIG="$(knap kubeconfig)".')
    .option("--raw", "print the content of the file instead")
    .addOption(outputFlag("json"));
  act<{ raw?: boolean; output?: string }>(
    run,
    kubeconfig,
    async () => (await import("../commands/kubeconfig.ts")).kubeconfig,
  );

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

function addLoadCommand(program: Command, run: Run): void {
  const load = program
    .command("load")
    .helpGroup(KNAP_GROUP)
    .summary("send requests to a Service, and show latency and scale")
    .description(
      "Sends requests at their times, whether earlier ones were answered or not, and prints latency since each request was due, answers, and the scale over time.",
    )
    .argument("<service>", "name of the Service")
    .addOption(namespaceFlag())
    .option("--rate <requests>", "requests a second", parseCountFlag(1))
    .option("--duration <time>", "with --rate: how long (default: 30s)", parseDurationFlag)
    .option("--shape <points>", "rates over time, such as 0s=10,30s=200,1m=0; even slopes between them")
    .option("--trace <file>", "CSV file of time,rps,duration lines, or of single arrivals, as for simulate")
    .option("--path <path>", "path and query; {ms} becomes the duration in the trace", "/")
    .option("--method <method>", "HTTP method", "GET")
    .option("--header <name: value>", "header of each request (repeatable)", gather)
    .option("--body <text>", "body of each request")
    .option("--no-keep-alive", "a connection for each request")
    .option("--timeout <time>", "a request without an answer after this time has failed", parseDurationFlag, 60_000)
    .option("--most-in-flight <count>", "do not send more while this many wait for an answer", parseCountFlag(1), 5000)
    .option("--seed <number>", "seed of the arrival times", parseCountFlag(0), 1)
    .option("--simulate", "simulate the same load, and draw both scales")
    .option("--max-p99 <time>", "fail if the 99th percentile is above it", parseDurationFlag)
    .option(
      "--max-failed <count>",
      "fail if more requests fail: without an answer, or with a status from 500",
      parseCountFlag(0),
    )
    .addOption(outputFlag("json"));
  act<LoadFlags>(run, load, async () => (await import("../commands/load.ts")).load);
}

function addFaultCommand(program: Command, run: Run): void {
  const numberOf = (text: string): number | string => (/^-?[\d.]+$/.test(text) ? Number(text) : text);
  const fault = program
    .command("fault")
    .helpGroup(KNAP_GROUP)
    .summary("inject a fault into the pods of a Service")
    .description(
      [
        "SERVICE|revision/NAME KIND: inject a fault. list: show those that are on. off [ID|SERVICE|revision/NAME]: end them. Kinds:",
        ...Object.entries(faultKinds).map(([kind, { does }]) => `  ${kind.padEnd(20)}${does}`),
      ].join("\n"),
    )
    .argument("[args...]", "list (default), off, or SERVICE KIND")
    .addOption(namespaceFlag())
    .option(
      "--percent <number>",
      "share of events on which it acts, up to 100 (default: 100; readiness-flap 50)",
      numberOf,
    )
    .option("--seed <number>", "chooses the events; the same seed acts on the same ones (default: 1)", numberOf)
    .option("--count <number>", "ends after it has acted this often", numberOf)
    .option("--duration <time>", "ends after this time")
    .option("--delay <time>", "of slow-start and latency (default: 1s)")
    .option("--status <code>", "of errors, 400 to 599 (default: 500)", numberOf)
    .option("--host <name>", "of dns-failure: the name whose lookup fails")
    .option("--by <time>", "of clock-jump: how far; -1h is back")
    .addOption(outputFlag("json"));
  act<FaultFlags>(run, fault, async () => (await import("../commands/fault.ts")).fault);
}

/** Commands of the API group knap.dev. The help lists them in a group of their own. */
export function addKnapCommands(program: Command, run: Run): void {
  const scale = program
    .command("scale")
    .helpGroup(KNAP_GROUP)
    .summary("set the number of pods until the autoscaler's next decision")
    .argument("<name>", "SERVICE or revision/NAME")
    .argument("<pods>", "number of pods", (text) => String(parseCountFlag(0)(text)))
    .addOption(namespaceFlag())
    .addOption(outputFlag("json"));
  act<{ namespace?: string; output?: string }>(run, scale, async () => (await import("../commands/scale.ts")).scale);

  addLoadCommand(program, run);
  addFaultCommand(program, run);

  const kill = program
    .command("kill")
    .helpGroup(KNAP_GROUP)
    .summary("kill a pod's container, as a crash would")
    .argument("<pod>", "name of the pod")
    .addOption(namespaceFlag())
    .option("--signal <name>", "signal to send", "SIGKILL")
    .addOption(outputFlag("json"));
  act<{ namespace?: string; output?: string; signal: string }>(
    run,
    kill,
    async () => (await import("../commands/kill.ts")).kill,
  );

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
    .addOption(namespaceFlag())
    .addOption(outputFlag("json"));
  act<{ namespace?: string; output?: string }>(run, clock, async () => (await import("../commands/clock.ts")).clock);
}
