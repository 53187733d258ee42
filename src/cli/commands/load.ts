// `knap load`: sends requests to a Service of a session at a rate, a shape or from a recorded trace, and measures
// latency and scale.
import { isIP } from "node:net";
import { namespacedName } from "../../apis/meta/key.ts";
import type { Stored } from "../../apis/meta/object.ts";
import type { Service } from "../../apis/serving/types.ts";
import { formatDuration } from "../../base/go/duration.ts";
import { makeRandom } from "../../base/seeded-random.ts";
import { constantLoad, parseLoadShape } from "../../load/load-shape.ts";
import { arrivalsOf, type LoadTrace, traceEndMs } from "../../load/load-trace.ts";
import { type LoadTarget, OpenLoop } from "../../load/open-loop.ts";
import { CliError, usageError } from "../cli-error.ts";
import type { CommandBody } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { type LoadReport, loadReportText, makeLoadReport } from "../load/load-report.ts";
import { readTrace } from "../load/read-trace.ts";
import { sampleScale } from "../load/sample-scale.ts";
import { simulateLoad } from "../load/simulate-load.ts";
import { namedTarget, notFound } from "../objects/fetch-targets.ts";
import { latencyText } from "../output/text.ts";
import { type Connection, connect } from "../session/connect.ts";
import type { Terminal } from "../terminal.ts";

export interface LoadFlags {
  readonly namespace?: string;
  readonly rate?: number;
  readonly shape?: string;
  readonly trace?: string;
  /** Milliseconds. */
  readonly duration?: number;
  readonly path: string;
  readonly method: string;
  readonly header?: readonly string[];
  readonly body?: string;
  readonly keepAlive: boolean;
  /** Milliseconds. */
  readonly timeout: number;
  readonly mostInFlight: number;
  readonly seed: number;
  readonly simulate?: boolean;
  /** Milliseconds. */
  readonly maxP99?: number;
  readonly maxFailed?: number;
  readonly output?: string;
}

const DEFAULT_MS = 30_000;

/** Returns the load that exactly one of --rate, --shape and --trace describes. */
async function loadOf(flags: LoadFlags, terminal: Terminal): Promise<LoadTrace> {
  const { rate, shape, trace, duration } = flags;
  const given = [rate, shape, trace].filter((each) => each !== undefined).length;
  if (given !== 1) throw usageError("load takes one of --rate, --shape and --trace", "knap load SERVICE --rate 50");
  if (rate !== undefined) return constantLoad(rate, duration ?? DEFAULT_MS);
  if (duration !== undefined)
    throw usageError("--duration belongs to --rate; a shape and a trace have their own times");
  if (trace !== undefined) return readTrace("--trace", trace, terminal.cwd);
  const parsed = parseLoadShape(shape ?? "");
  if (!parsed.ok) throw usageError(`--shape: ${parsed.error}`);
  return parsed.value;
}

function headersOf(given: readonly string[] = []): Readonly<Record<string, string>> {
  const headers = given.map((text): readonly [string, string] => {
    const [, name, value] = /^([!#$%&'*+.^`|~\w-]+):\s*(.*)$/.exec(text) ?? [];
    if (name === undefined || value === undefined) throw usageError(`--header: "${text}" is not NAME: VALUE`);
    return [name.toLowerCase(), value];
  });
  return Object.fromEntries(headers);
}

function targetOf({ session }: Connection, service: Stored<Service>, flags: LoadFlags): LoadTarget {
  const { hostname, port } = new URL(session.ingress);
  const { url } = service.status ?? {};
  if (url === undefined) {
    const { name } = service.metadata;
    const fix = `see \`knap get ksvc ${name}\``;
    throw new CliError({ code: "NOT_POSSIBLE", what: `Service ${name} has no address yet`, fix });
  }
  const address = hostname.replace(/^\[|\]$/g, "");
  return {
    // Node does not resolve names below localhost by itself on every system.
    host: isIP(address) === 0 ? "127.0.0.1" : address,
    port: Number(port || 80),
    authority: new URL(url).host,
    method: flags.method.toUpperCase(),
    path: flags.path.startsWith("/") ? flags.path : `/${flags.path}`,
    headers: headersOf(flags.header),
    body: flags.body,
  };
}

/** Fails if the clock stands still: the autoscaler would not see the load. */
async function refuseVirtualClock({ client }: Connection): Promise<void> {
  const { virtual } = await client.knap<{ readonly virtual: boolean }>("GET", "/clock");
  if (!virtual) return;
  const what = "the session's clock is virtual, so its autoscaler would not see the load";
  throw new CliError({ code: "USAGE", what, fix: "start the session without --clock virtual" });
}

function verdictOf({ latencyMs, failed, answered }: LoadReport, { maxP99, maxFailed }: LoadFlags): ExitCode {
  if (maxFailed !== undefined && failed > maxFailed)
    throw new CliError({ code: "LIMIT_EXCEEDED", what: `${failed} requests failed, more than ${maxFailed}` });
  if (maxP99 === undefined || (answered > 0 && latencyMs.p99 <= maxP99)) return exitCodes.ok;
  const limit = formatDuration(BigInt(Math.round(maxP99 * 1e6)));
  const what = answered === 0 ? "no request was answered" : `p99 was ${latencyText(latencyMs.p99)}, more than ${limit}`;
  throw new CliError({ code: "LIMIT_EXCEEDED", what });
}

export const load: CommandBody<LoadFlags> = async ([arg = ""], flags, terminal) => {
  const { resource, name } = namedTarget(arg, ["Service.serving.knative.dev"]);
  const trace = await loadOf(flags, terminal);
  const connection = await connect(flags, terminal);
  const { client } = connection;
  const service = await client.get({
    kind: "Service.serving.knative.dev",
    namespace: flags.namespace ?? "default",
    name,
  });
  if (service === undefined) throw notFound(resource, name);
  await refuseVirtualClock(connection);
  const target = targetOf(connection, service, flags);

  const interrupted = terminal.interrupts.first;
  const finished = new AbortController();
  const arrivals = arrivalsOf(trace, makeRandom(flags.seed));
  const { keepAlive, timeout: timeoutMs, mostInFlight } = flags;
  const loop = new OpenLoop({ arrivals, target, keepAlive, timeoutMs, mostInFlight, signal: interrupted });
  terminal.say(`sending requests to ${name} for ${latencyText(traceEndMs(trace))}; Ctrl-C ends it with a report`);
  const started = performance.now();
  const sampler = sampleScale(client, service.metadata, { sent: () => loop.sent, signal: finished.signal });
  await loop.run();
  const durationMs = performance.now() - started;
  finished.abort();
  await sampler.ended;
  const measured = makeLoadReport(namespacedName(service.metadata), durationMs, loop, sampler.samples);
  // The fastest requests waited for no other one.
  const times = { durationMs: loop.service.percentile(0.05), seed: flags.seed };
  const simulated = flags.simulate === true ? await simulateLoad(client, service, trace, times) : undefined;
  const report: LoadReport = { ...measured, simulated };
  const { columns = 80 } = terminal.stdout;
  terminal.print(flags.output === "json" ? JSON.stringify(report, undefined, 2) : loadReportText(report, columns));
  return verdictOf(report, flags);
};
