// ConfigMap config-observability: request logs and log links. Source: pkg/observability/config.go.
import { parseTemplate } from "../../base/go/template.ts";
import { type Parsed, parsed, unparsed } from "../../base/parsed.ts";
import type { StringMap } from "../meta/object.ts";
import { makeConfigReader } from "./reader.ts";
import type { ObservabilityConfig } from "./types.ts";

const FIELDS: readonly (readonly [key: string, value: string])[] = [
  ["requestMethod", '"{{.Request.Method}}"'],
  ["requestUrl", '"{{js .Request.RequestURI}}"'],
  ["requestSize", '"{{.Request.ContentLength}}"'],
  ["status", "{{.Response.Code}}"],
  ["responseSize", '"{{.Response.Size}}"'],
  ["userAgent", '"{{js .Request.UserAgent}}"'],
  ["remoteIp", '"{{js .Request.RemoteAddr}}"'],
  ["serverIp", '"{{.Revision.PodIP}}"'],
  ["referer", '"{{js .Request.Referer}}"'],
  ["latency", '"{{.Response.Latency}}s"'],
  ["protocol", '"{{.Request.Proto}}"'],
];
const httpRequest = FIELDS.map(([key, value]) => `"${key}": ${value}`).join(", ");
/** One line of JSON for each request. */
const REQUEST_LOG_TEMPLATE = `{"httpRequest": {${httpRequest}}, "traceId": "{{.TraceID}}"}`;

/** Parses config-observability; the request log template must be a Go template. */
export function parseObservabilityConfig(data: StringMap): Parsed<ObservabilityConfig> {
  const read = makeConfigReader(data);
  const config: ObservabilityConfig = {
    loggingUrlTemplate: read.text("logging.revision-url-template", ""),
    enableVarLogCollection: read.bool("logging.enable-var-log-collection", false),
    requestLogTemplate: read.text("logging.request-log-template", REQUEST_LOG_TEMPLATE),
    enableRequestLog: read.bool("logging.enable-request-log", false),
    enableProbeRequestLog: read.bool("logging.enable-probe-request-log", false),
  };
  if (read.error !== undefined) return unparsed(read.error);
  const template = parseTemplate("requestLog", config.requestLogTemplate);
  return template.ok ? parsed(config) : template;
}
