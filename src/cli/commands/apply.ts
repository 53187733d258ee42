// `knap apply`: builds and applies the files of a project in a running session. Its output is like kubectl's.
import type { Applied } from "../../dev/apply-objects.ts";
import type { DevEvent } from "../../dev/dev-event.ts";
import { complaintOf } from "../cli-error.ts";
import type { CommandBody, GlobalFlags } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { fullNameOf } from "../objects/targets.ts";
import { complain } from "../output/complain.ts";
import { isInsecureDefault } from "../output/findings.ts";
import { printObjects } from "../output/print-objects.ts";
import { devProgress } from "../progress/dev-progress.ts";
import { renderPlain } from "../progress/render-plain.ts";
import { loadUsableProject, type ProjectFlags } from "../project-loading.ts";
import { connect } from "../session/connect.ts";
import { openSessionDeployer } from "../session/session-deployer.ts";
import { readHostId } from "../session/session-paths.ts";
import type { Terminal } from "../terminal.ts";

export interface ApplyFlags extends ProjectFlags {
  readonly output?: string;
}

function printApplied(applied: Applied, flags: ApplyFlags & GlobalFlags, terminal: Terminal): void {
  const name = fullNameOf(applied.object);
  if ("refusal" in applied) {
    const complaint = complaintOf(applied.refusal);
    const what = `${name}: ${complaint.what}`;
    if (terminal.errors.format === "json") complain({ ...complaint, what }, terminal);
    else terminal.stderr.write(`${what}\n`);
    return;
  }
  // Loading the files has already noted insecure defaults.
  const warnings = applied.warnings.filter((warning) => flags.verbose || !isInsecureDefault(warning));
  for (const warning of warnings) terminal.say(`${terminal.paint("yellow", "Warning:")} ${warning}`);
  if (flags.output === undefined) terminal.print(`${name} ${applied.verdict}`);
}

export const apply: CommandBody<ApplyFlags> = async (_args, flags, terminal) => {
  const project = await loadUsableProject(flags, terminal);
  const { client, session, now } = await connect(flags, terminal);
  let failed = false;
  const emit = (event: DevEvent): void => {
    failed ||= event.type === "build-failed" || (event.type === "applied" && "refusal" in event.applied);
    if (event.type === "applied") printApplied(event.applied, flags, terminal);
    else for (const each of devProgress(event)) terminal.say(renderPlain(each, terminal));
  };
  const { runtime, id } = session;
  const target = { client, runtime, id, hostId: await readHostId(terminal.env), commands: new Map() };
  await using opened = await openSessionDeployer(target, terminal.env, emit);
  const applied = await opened.deployer.deploy(project, terminal.interrupts.first);
  const written = applied.filter((each) => !("refusal" in each)).map(({ object }) => object);
  if (flags.output !== undefined && written.length > 0) {
    const options = { output: flags.output, headers: true, namespaces: false, kinds: true, now: await now() };
    terminal.print(printObjects(written, written.length === 1, options));
  }
  return failed ? exitCodes.failed : exitCodes.ok;
};
