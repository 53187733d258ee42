// Serves GET …/pods/NAME/log: streams the log lines of a container as plain text.

import type { Pod } from "../apis/core/types.ts";
import { type ApiStatus, makeFailure, refuse } from "../apis/meta/api-status.ts";
import type { Time } from "../base/clock.ts";
import { ok, type Result } from "../base/result.ts";
import { parseTime } from "../base/time.ts";
import type { LogsQuery } from "../client/client.ts";
import type { Exchange, ResponseBody } from "../data-plane/http/exchange.ts";
import { type ApiAnswer, type ApiRequest, statusAnswer } from "./api-answer.ts";
import { chooseContainer } from "./pod-container.ts";
import { integerOf, isSet } from "./query-parameters.ts";
import type { ReadContext } from "./reads.ts";
import { startStream } from "./send-answer.ts";

export interface PodLogOptions extends LogsQuery {
  readonly container: string;
  /** Read the log of the container's previous run. */
  readonly previous: boolean;
  /** The time of the oldest wanted line, by the clock of the container runtime. */
  readonly sinceTime?: Time | undefined;
  readonly signal: AbortSignal;
}
/**
 * Yields lines without newline. Ends with the log, or with `follow` when the signal aborts. Returns undefined if there
 * is no previous run of the container.
 */
export type PodLogs = (pod: Pod, options: PodLogOptions) => AsyncIterable<string> | undefined;

/** A log with `follow` may have no line for long, so the response headers wait for the first line only this long. */
const FIRST_LINE_MS = 500;

export function readPodLog(
  { logs, now }: { readonly logs: PodLogs | undefined } & Pick<ReadContext, "now">,
  request: ApiRequest,
  pod: Pod,
): ApiAnswer {
  if (!logs) return statusAnswer(makeFailure("NotFound", "this session has no container logs"));
  const container = chooseContainer(pod, request.query.get("container"));
  if (!container.ok) return statusAnswer(container.error);
  const options = parseOptions(request, now());
  if (!options.ok) return statusAnswer(options.error);
  const { limitBytes = Number.POSITIVE_INFINITY, ...wanted } = options.value;
  const lines = logs(pod, { ...wanted, container: container.value, signal: request.signal });
  if (!lines) {
    const why = `previous terminated container "${container.value}" in pod "${pod.metadata.name}" not found`;
    return statusAnswer(makeFailure("BadRequest", why));
  }
  return { stream: (exchange) => sendLines(exchange, lines, limitBytes, request.signal) };
}

/** Rejects with the error of the log. If no line has been sent, the headers are not sent either. */
async function sendLines(
  exchange: Exchange,
  lines: AsyncIterable<string>,
  limitBytes: number,
  signal: AbortSignal,
): Promise<void> {
  let body: ResponseBody | undefined;
  const start = (): ResponseBody => {
    body ??= startStream(exchange, "text/plain");
    return body;
  };
  const timer = setTimeout(start, FIRST_LINE_MS);
  try {
    let left = limitBytes;
    for await (const line of lines) {
      if (signal.aborted || left <= 0) break;
      const bytes = Buffer.from(`${line}\n`);
      if (!start().write(bytes.subarray(0, left))) await drained(start(), signal);
      left -= bytes.length;
    }
    start().end();
  } finally {
    clearTimeout(timer);
  }
}

interface LogOptions extends Omit<PodLogOptions, "container" | "signal"> {
  readonly limitBytes: number | undefined;
}

function parseOptions({ query }: ApiRequest, now: Time): Result<LogOptions, ApiStatus> {
  const tail = integerOf(query, "tailLines", 0);
  if (!tail.ok) return tail;
  const limitBytes = integerOf(query, "limitBytes", 1);
  if (!limitBytes.ok) return limitBytes;
  const since = parseSince(query, now);
  if (!since.ok) return since;
  return ok({
    follow: isSet(query, "follow"),
    timestamps: isSet(query, "timestamps"),
    previous: isSet(query, "previous"),
    tail: tail.value,
    ...since.value,
    limitBytes: limitBytes.value,
  });
}

/** Returns the age or the time of the oldest wanted line, not converted: `now` may be a virtual clock's time. */
function parseSince(
  query: URLSearchParams,
  now: Time,
): Result<Pick<LogOptions, "sinceSeconds" | "sinceTime">, ApiStatus> {
  const seconds = integerOf(query, "sinceSeconds", 1);
  if (!seconds.ok) return seconds;
  const text = query.get("sinceTime") ?? "";
  if (text === "") return ok({ sinceSeconds: seconds.value && Math.min(seconds.value, now / 1000) });
  if (seconds.value !== undefined) {
    return refuse("BadRequest", "at most one of `sinceTime` or `sinceSeconds` may be specified");
  }
  const time = parseTime(text);
  const invalid = `sinceTime: Invalid value: ${JSON.stringify(text)}: must be a time in the format of RFC 3339`;
  return time === undefined ? refuse("BadRequest", invalid) : ok({ sinceTime: time });
}

function drained(body: ResponseBody, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      body.off("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    body.on("drain", done);
    signal.addEventListener("abort", done);
  });
}
