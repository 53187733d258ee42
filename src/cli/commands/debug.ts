// `knap debug`: lets a debugger hold one instance of a Service, lists what is debugged, and ends it. A cluster has no
// such command.
import { setTimeout as sleep } from "node:timers/promises";
import { debugOffCommand } from "../../apis/serving/debug.ts";
import { countText } from "../../base/count-text.ts";
import type { Client } from "../../client/client.ts";
import type { DebugStart, DebugState } from "../../client/debug.ts";
import { CliError, usageError } from "../cli-error.ts";
import type { CommandBody } from "../command.ts";
import { launchName } from "../debug/launch-json.ts";
import { writeLaunchEntry } from "../debug/write-launch.ts";
import { exitCodes } from "../exit-code.ts";
import { namedTarget } from "../objects/fetch-targets.ts";
import { answerText } from "../output/answers.ts";
import { tableText } from "../output/text.ts";
import { connect } from "../session/connect.ts";

export interface DebugFlags {
  readonly namespace?: string;
  readonly off?: boolean;
  readonly kind?: string;
  readonly port?: number;
  readonly wait?: boolean;
  readonly launch?: boolean;
  readonly output?: string;
}

const POLL_MS = 200;
/** How long the instance may take until its debugger listens. */
const LISTENS_WITHIN_MS = 60_000;
/** A failure that lasts this long is final. */
const FAILS_AFTER_MS = 3_000;

export const debug: CommandBody<DebugFlags> = async ([arg], flags, terminal) => {
  if (arg === undefined) {
    const option = ["off", "kind", "port", "wait"].find((name) => flags[name as keyof DebugFlags] !== undefined);
    if (option !== undefined) throw usageError(`--${option} needs the name of a Service`, "knap debug SERVICE");
  }
  if (flags.off) {
    const option = ["kind", "port", "wait"].find((name) => flags[name as keyof DebugFlags] !== undefined);
    if (option !== undefined) throw usageError(`--off takes no --${option}`, `knap debug ${arg} --off`);
  }
  const target = arg && namedTarget(arg, ["Service.serving.knative.dev", "Revision.serving.knative.dev"]);
  const { client, session } = await connect(flags, terminal);
  if (!target) {
    const all = await client.knap<readonly DebugState[]>("GET", "/debug");
    const isJson = flags.output === "json";
    if (isJson || all.length > 0) terminal.print(isJson ? answerText("DebugStateList", { items: all }) : listText(all));
    else terminal.say("nothing is debugged; start with `knap debug SERVICE`");
    return exitCodes.ok;
  }
  const { namespace = "default", off, kind, port, wait } = flags;
  const named = { namespace, [target.resource.singular]: target.name };
  if (off) {
    const { stopped } = await client.knap<{ stopped: boolean }>("POST", "/debug", { ...named, off });
    const text = stopped ? `${arg}: debugging ends; a normal instance follows` : `${arg} is not debugged`;
    terminal.print(flags.output === "json" ? answerText("DebugEnd", { stopped }) : text);
    return exitCodes.ok;
  }
  const started = await client.knap<DebugStart>("POST", "/debug", { ...named, kind, port, wait });
  const state = await untilListening(client, started);
  if (flags.output === "json") terminal.print(answerText("DebugState", state));
  else terminal.print(stateText(state, started.already, port));
  if (flags.launch !== false)
    for (const line of await writeLaunchEntry(state, session.workingFolder)) terminal.say(line);
  return exitCodes.ok;
};

/**
 * Resolves when the debugger listens. If the instance cannot start under it, throws, and ends the debugging unless it
 * was on before.
 */
async function untilListening(client: Client, { namespace, revision, already }: DebugStart): Promise<DebugState> {
  const until = performance.now() + LISTENS_WITHIN_MS;
  let failedAt: number | undefined;
  for (;;) {
    const all = await client.knap<readonly DebugState[]>("GET", "/debug");
    const state = all.find((each) => each.namespace === namespace && each.revision === revision);
    const { listens = false, problem } = state?.instance ?? {};
    const now = performance.now();
    if (state && listens) return state;
    failedAt = problem === undefined ? undefined : (failedAt ?? now);
    if (!state)
      throw new CliError({
        code: "DEBUGGER_FAILED",
        what: `debugging of ${revision} was switched off meanwhile`,
        why: "`knap debug --off` ended it, or the revision was deleted",
        fix: "start it again with `knap debug`",
      });
    if (now > until || (failedAt !== undefined && now > failedAt + FAILS_AFTER_MS)) {
      // A debugger may be attached to a session that was there before.
      if (!already) await client.knap("POST", "/debug", { namespace, revision, off: true });
      const what = already ? "debugging stays on" : "so debugging was switched off again";
      throw new CliError({
        code: "DEBUGGER_FAILED",
        what: `${revision} does not start under the debugger, ${what}`,
        why: problem ?? "the debugger does not listen",
        fix: `read its output with \`knap logs revision/${revision}\``,
      });
    }
    await sleep(POLL_MS);
  }
}

const HOW: Readonly<Record<DebugState["debugger"], (address: string) => string>> = {
  node: (address) => `Chrome: chrome://inspect    terminal: node inspect ${address}`,
  python: (address) => `any client of the debug adapter protocol: ${address}`,
  go: (address) => `terminal: dlv connect ${address}`,
  jvm: (address) => `terminal: jdb -attach ${address}`,
  other: (address) => `attach your debugger to ${address}`,
};

function stateText(state: DebugState, already: boolean, wanted: number | undefined): string {
  const { host, port, revision, instance, waits } = state;
  const address = `${host}:${port}`;
  const kind = state.debugger === "other" ? "its own debugger" : `the ${state.debugger} debugger`;
  return [
    `${revision} ${already ? "already runs" : "runs"} under ${kind} at ${address} (instance ${instance?.pod})`,
    ...(wanted !== undefined && wanted !== port ? [`  port ${wanted} is the app's own; attach at ${port}`] : []),
    ...(waits ? ["  the app starts when a debugger attaches"] : []),
    ...(state.debugger === "other" ? [] : [`  VS Code: "${launchName(state)}"`]),
    `  ${HOW[state.debugger](address)}`,
    "  held: one instance, liveness and readiness, request timeouts, scale-down, newer revisions",
    `  ends with \`${debugOffCommand(state)}\`, or after 10 minutes without a debugger`,
  ].join("\n");
}

function listText(states: readonly DebugState[]): string {
  const rows = states.map((state) => [
    state.namespace,
    state.service ?? "",
    state.revision,
    state.debugger,
    `${state.host}:${state.port}`,
    attachedText(state),
    state.instance?.pod ?? "starting",
  ]);
  return tableText({
    headers: ["namespace", "service", "revision", "debugger", "address", "attached", "instance"],
    rows,
  });
}

const attachedText = ({ attached }: DebugState): string => (attached === 0 ? "no" : countText(attached, "debugger"));
