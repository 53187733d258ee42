// Parses and checks ConfigMap config-defaults: defaults and limits of Revision fields.
// Source: pkg/apis/config/defaults.go.
import { parseTemplate, type Template } from "../../base/go/template.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import { goObjectMeta } from "../meta/go-object-meta.ts";
import type { StringMap } from "../meta/object.ts";
import { makeConfigReader } from "./reader.ts";
import type { DefaultsConfig } from "./types.ts";

const SWITCH = new Map([
  ["true", true],
  ["false", false],
]);

/** Returns the error that Knative reports first. */
export function parseDefaultsConfig(data: StringMap): Result<DefaultsConfig> {
  // Knative reads the keys in this order and reports only the first parse error.
  const read = makeConfigReader(data);
  const allowContainerConcurrencyZero = read.bool("allow-container-concurrency-zero", true);
  const timeout = read.integer("revision-timeout-seconds", 300, 64);
  const config: DefaultsConfig = {
    revisionTimeoutSeconds: timeout,
    maxRevisionTimeoutSeconds: read.integer("max-revision-timeout-seconds", 600, 64),
    revisionIdleTimeoutSeconds: read.integer("revision-idle-timeout-seconds", 0, 64),
    containerNameTemplate: read.text("container-name-template", "user-container"),
    initContainerNameTemplate: read.text("init-container-name-template", "init-container"),
    containerConcurrency: read.integer("container-concurrency", 0, 64),
    containerConcurrencyMaxLimit: read.integer("container-concurrency-max-limit", 1000, 64),
    allowContainerConcurrencyZero,
    revisionRequests: read.resources("revision", "request"),
    revisionLimits: read.resources("revision", "limit"),
    revisionResponseStartTimeoutSeconds: read.integer("revision-response-start-timeout-seconds", timeout, 64),
    enableServiceLinks: SWITCH.get((data["enable-service-links"] ?? "false").trim().toLowerCase()),
  };
  const error =
    templateSyntaxError(config) ??
    read.error ??
    timeoutError(config) ??
    concurrencyError(config) ??
    templateRunError(config);
  return error === undefined ? ok(config) : failed(error);
}

function timeoutError(config: DefaultsConfig): string | undefined {
  const { revisionTimeoutSeconds: timeout, maxRevisionTimeoutSeconds: max } = config;
  const { revisionResponseStartTimeoutSeconds: start, revisionIdleTimeoutSeconds: idle } = config;
  const above = (key: string, value: number, otherKey: string, other: number): string =>
    `${key} (${value}) cannot be greater than ${otherKey} (${other})`;
  if (timeout > max) return above("revision-timeout-seconds", timeout, "max-revision-timeout-seconds", max);
  if (start > 0 && start > timeout) {
    return above("revision-response-start-timeout-seconds", start, "revision-timeout-seconds", timeout);
  }
  if (idle > 0 && idle > timeout)
    return above("revision-idle-timeout-seconds", idle, "revision-timeout-seconds", timeout);
  return undefined;
}

function concurrencyError(config: DefaultsConfig): string | undefined {
  const { containerConcurrency: concurrency, containerConcurrencyMaxLimit: max } = config;
  if (max < 1) return `expected 1 <= ${max} <= 2147483647: container-concurrency-max-limit`;
  if (concurrency < 0 || concurrency > max) return `expected 0 <= ${concurrency} <= ${max}: container-concurrency`;
  return undefined;
}

/** Knative parses both name templates before it checks any other key, the init containers' template first. */
function templateSyntaxError({ containerNameTemplate, initContainerNameTemplate }: DefaultsConfig): string | undefined {
  for (const source of [initContainerNameTemplate, containerNameTemplate]) {
    const template = parseNameTemplate(source);
    if (!template.ok) return template.error;
  }
  return undefined;
}

/** Knative executes both templates on an empty ObjectMeta after all other checks. */
function templateRunError({ containerNameTemplate, initContainerNameTemplate }: DefaultsConfig): string | undefined {
  for (const source of [containerNameTemplate, initContainerNameTemplate]) {
    const template = parseNameTemplate(source);
    const result = template.ok ? template.value.execute(goObjectMeta({})) : template;
    if (!result.ok) return `error executing template: ${result.error}`;
  }
  return undefined;
}

const parseNameTemplate = (source: string): Result<Template> => parseTemplate("container-template", source);
