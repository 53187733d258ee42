// Commands that make, end or look for a session: up, ci, down, doctor, kubeconfig.
import type { Command } from "commander";
import type { CiFlags } from "../commands/ci.ts";
import type { DownFlags } from "../commands/down.ts";
import type { UpFlags } from "../flags/up-flags.ts";
import { act, fileFlag, flag, namespaceFlag, outputFlag, type Run } from "./define.ts";

/** What the doors take from clients before they refuse. */
const limitFlags = () => [
  flag("--max-connections <count>", "open connections of a door (default any number)", { env: "KNAP_MAX_CONNECTIONS" }),
  flag("--max-header-bytes <count>", "request line and headers; more is 431 (default 1 MiB)", {
    env: "KNAP_MAX_HEADER_BYTES",
  }),
  flag("--header-timeout <duration>", "until headers end; 0s: never (default 60s)", { env: "KNAP_HEADER_TIMEOUT" }),
  flag("--keep-alive-timeout <duration>", "idle connections are kept so long (default for ever)", {
    env: "KNAP_KEEP_ALIVE_TIMEOUT",
  }),
];

/** Flags that `up` and `ci` share; each has a `KNAP_…` variable and may stand in knap.yaml by its long name. */
function withSessionFlags(command: Command): Command {
  command
    .addOption(fileFlag())
    .addOption(namespaceFlag())
    .addOption(
      flag("--runtime <kind>", "where Services run", { env: "KNAP_RUNTIME", choices: ["auto", "docker", "process"] }),
    )
    .addOption(flag("--address <ip>", "where the ingress listens (default 127.0.0.1 and ::1)", { env: "KNAP_ADDRESS" }))
    .addOption(flag("--port <port>", "port of the ingress (default 8080)", { env: "KNAP_PORT" }))
    .addOption(
      flag("--https-port <port>", "port for https (default 8443, once a Service asks for it; 0: never)", {
        env: "KNAP_HTTPS_PORT",
      }),
    )
    .addOption(
      flag("--max-pods <count>", "pods that the node takes (default 8 × cores, at most 110)", { env: "KNAP_MAX_PODS" }),
    )
    .addOption(
      flag("--stop-timeout <duration>", "SIGKILL this long after SIGTERM (default 10s)", { env: "KNAP_STOP_TIMEOUT" }),
    )
    .addOption(flag("--drain <mode>", "how pods stop", { env: "KNAP_DRAIN", choices: ["knap", "knative"] }))
    .addOption(flag("--clock <kind>", "the control plane's time", { env: "KNAP_CLOCK", choices: ["real", "virtual"] }))
    .addOption(
      flag("--container-address <mode>", "how containers are reached", {
        env: "KNAP_CONTAINER_ADDRESS",
        choices: ["direct", "published"],
      }),
    )
    .addOption(
      flag("--wake <mode>", "start napping pods cold, or thaw frozen ones", {
        env: "KNAP_WAKE",
        choices: ["cold", "freeze"],
      }),
    )
    .addOption(
      flag("--validate <mode>", "what unknown fields are", {
        env: "KNAP_VALIDATE",
        choices: ["strict", "warn", "ignore"],
      }),
    )
    .addOption(
      flag("--ui <kind>", "how progress is shown", { env: "KNAP_UI", choices: ["auto", "tui", "plain", "json"] }),
    );
  for (const option of limitFlags()) command.addOption(option);
  return command;
}

export function addSessionCommands(program: Command, run: Run): void {
  const up = withSessionFlags(program.command("up", { isDefault: true }).alias("dev"))
    .summary("serve the Services of your files, watch them, show what happens")
    .description("Applies the files, opens the front door, watches for changes and shows what happens until Ctrl-C.")
    .addOption(flag("--no-watch", "do not react to changed files"))
    .addOption(flag("--keep-old", "keep old revisions after a rebuild", { env: "KNAP_KEEP_OLD" }));
  act<UpFlags>(run, up, async () => (await import("../commands/up.ts")).up);

  const ci = withSessionFlags(program.command("ci"))
    .summary("up, wait until Ready, run a command, tear down")
    .description(
      "Starts a session, waits until every Service is Ready, runs CMD with KNAP_URL and its kin set, and ends with CMD's exit code.",
    )
    .addOption(flag("--timeout <duration>", "how long to wait for Ready (default 5m)", { env: "KNAP_TIMEOUT" }))
    .addOption(flag("--max-cold-start <duration>", "fail when a start took longer", { env: "KNAP_MAX_COLD_START" }))
    .addOption(flag("--junit <file>", "write a JUnit report", { env: "KNAP_JUNIT" }))
    .argument("[cmd...]", "the command to run, after --");
  act<CiFlags>(run, ci, async () => (await import("../commands/ci.ts")).ci);

  const down = program
    .command("down")
    .summary("end a session")
    .description(
      "Asks a session to stop and waits until it has. --all also removes what dead sessions of other hosts left.",
    )
    .option("--all", "end every session and remove everything that carries knap's labels")
    .option("--list", "only list the sessions that live");
  act<DownFlags>(run, down, async () => (await import("../commands/down.ts")).down);

  const kubeconfig = program
    .command("kubeconfig")
    .summary("print the path of the session's kubeconfig")
    .description('Prints the path of the session\'s kubeconfig: export KUBECONFIG="$(knap kubeconfig)".')
    .option("--raw", "print the file's content instead");
  act<{ raw?: boolean }>(run, kubeconfig, async () => (await import("../commands/kubeconfig.ts")).kubeconfig);

  const doctor = program
    .command("doctor")
    .summary("look at engine, ports, images and tools; each finding with a fix")
    .addOption(fileFlag())
    .addOption(outputFlag("json"));
  act<{ file?: readonly string[]; output?: string }>(
    run,
    doctor,
    async () => (await import("../commands/doctor.ts")).doctor,
  );
}

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
