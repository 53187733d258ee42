// Formats one line of the request log with the template of config-observability.
import { randomBytes } from "node:crypto";
import { type GoStruct, parseTemplate, type Template } from "../../base/go/template.ts";
import type { Exchange, RawHeaders } from "../http/exchange.ts";
import { canonicalName, headerValue } from "../http/headers.ts";
import type { QueueProxyIdentity, RequestLogConfig } from "./config.ts";

export interface LoggedRequest {
  readonly exchange: Exchange;
  /** As sent to the container. */
  readonly headers: RawHeaders;
  readonly status: number;
  readonly size: number;
  readonly latencyMs: number;
}

const PROTO = { "1.0": "HTTP/1.0", "1.1": "HTTP/1.1", "2": "HTTP/2.0" } as const;

/**
 * An invalid template logs nothing; a template that fails on a request logs an error line.
 * @see pkg/http/request_log.go
 */
export class RequestLog {
  readonly probes: boolean;
  readonly #template: Template | undefined;
  readonly #write: (line: string) => void;
  readonly #revision: GoStruct;

  constructor(config: RequestLogConfig, identity: QueueProxyIdentity) {
    this.probes = config.probes;
    this.#write = config.write;
    const text = config.template;
    const read = text === "" ? undefined : parseTemplate("requestLog", text.endsWith("\n") ? text : `${text}\n`);
    this.#template = read?.ok ? read.value : undefined;
    this.#revision = {
      goType: "*http.RequestLogRevision",
      fields: {
        Name: identity.revision,
        Namespace: identity.namespace,
        Service: identity.service,
        Configuration: identity.configuration,
        PodName: identity.pod,
        PodIP: identity.podIP,
      },
    };
  }

  log(logged: LoggedRequest): void {
    if (this.#template === undefined) return;
    const { exchange, headers, status, size, latencyMs } = logged;
    const done = this.#template.execute({
      goType: "*http.RequestLogTemplateInput",
      fields: {
        Request: requestOf(exchange, headers),
        Response: {
          goType: "*http.RequestLogResponse",
          fields: { Code: status, Size: size, Latency: latencyMs / 1000 },
        },
        Revision: this.#revision,
        TraceID: () => traceId(headers),
      },
    });
    this.#write(
      done.ok
        ? done.value
        : `Invalid request log template: method: ${exchange.method}, response code: ${status}, ` +
            `latency: ${latencyMs}ms, url: ${exchange.target}\n`,
    );
  }
}

function requestOf(exchange: Exchange, headers: RawHeaders): GoStruct {
  const length = headerValue(headers, "content-length");
  const header: Record<string, string[]> = {};
  for (let index = 0; index < headers.length; index += 2) {
    const name = canonicalName(headers[index] as string);
    if (name === "Host") continue;
    header[name] ??= [];
    header[name].push(headers[index + 1] as string);
  }
  const [path = "", query = ""] = exchange.target.split("?", 2);
  return {
    goType: "*http.Request",
    fields: {
      Method: exchange.method,
      RequestURI: exchange.target,
      URL: { goType: "*url.URL", fields: { Path: path, RawQuery: query, Host: "", Scheme: "" } },
      Proto: PROTO[exchange.version],
      ProtoMajor: exchange.version === "2" ? 2 : 1,
      ProtoMinor: exchange.version === "1.1" ? 1 : 0,
      ContentLength: exchange.hasBody ? (length === undefined ? -1 : Number(length)) : 0,
      Host: headerValue(headers, "host") ?? exchange.host,
      Header: header,
      RemoteAddr: exchange.peer,
      UserAgent: makeMethod(headers, "user-agent"),
      Referer: makeMethod(headers, "referer"),
    },
  };
}

/** Returns a template method that reads a request header. */
function makeMethod(headers: RawHeaders, lower: string): () => string {
  return () => headerValue(headers, lower) ?? "";
}

/** Returns the trace id of traceparent, else of B3, else a new one. @see pkg/http/trace.go */
function traceId(headers: RawHeaders): string {
  const [, id = ""] = headerValue(headers, "traceparent")?.split("-") ?? [];
  return id || headerValue(headers, "x-b3-traceid") || randomBytes(16).toString("hex");
}
