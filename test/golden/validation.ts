// Golden suite for validation.json: defaults, errors and warnings of Knative's webhooks, and parsing of its ConfigMaps.
import { parseAutoscalerConfig } from "../../src/apis/config/autoscaler.ts";
import { parseDefaultsConfig } from "../../src/apis/config/defaults.ts";
import { parseDeploymentConfig } from "../../src/apis/config/deployment.ts";
import { parseDomainConfig } from "../../src/apis/config/domain.ts";
import { parseFeaturesConfig } from "../../src/apis/config/features.ts";
import { parseGcConfig } from "../../src/apis/config/gc.ts";
import { parseNetworkConfig } from "../../src/apis/config/network.ts";
import { makeServingConfig } from "../../src/apis/config/serving-config.ts";
import { kindOf } from "../../src/apis/kinds.ts";
import { joinPath } from "../../src/apis/meta/field-error.ts";
import type { AnyObject, StringMap } from "../../src/apis/meta/object.ts";
import { schemaOf, unknownFields } from "../../src/apis/schema/schemas.ts";
import { pruneAndDefault, schemaFindings } from "../../src/apis/schema/structural.ts";
import { decodeRefusal, mutate, review, reviewTexts, type WebhookRequest } from "../../src/apis/serving/webhook.ts";
import type { Result } from "../../src/base/result.ts";
import { readDocuments } from "../../src/base/yaml/documents.ts";
import type { Suite, Verdict } from "./case.ts";

interface Case {
  readonly name: string;
  readonly op: "create" | "update" | "configmap";
  readonly yaml?: string;
  readonly new?: string;
  readonly oldStored?: AnyObject;
  readonly old?: string;
  readonly subresource?: string;
  readonly user?: string;
  readonly gates?: StringMap;
  readonly configDefaults?: StringMap;
  readonly configAutoscaler?: StringMap;
  readonly configMap?: string;
  readonly configMapData?: StringMap;
  readonly stage?: "yaml" | "decode" | "validate" | "configmap";
  readonly errors: string;
  readonly warnings?: readonly string[];
  readonly defaulted?: unknown;
  readonly crd?: {
    readonly unknownFields?: readonly string[];
    readonly schemaDefaults?: Readonly<Record<string, unknown>>;
    readonly missingRequired?: readonly string[];
  };
}

const parsers: Readonly<Record<string, (data: StringMap) => Result<unknown>>> = {
  "config-autoscaler": parseAutoscalerConfig,
  "config-defaults": parseDefaultsConfig,
  "config-deployment": parseDeploymentConfig,
  "config-domain": (data) => parseDomainConfig(data, "cluster.local"),
  "config-features": (data) => ({ ok: true, value: parseFeaturesConfig(data) }),
  "config-gc": parseGcConfig,
  "config-network": parseNetworkConfig,
};

export const validationSuite: Suite = (file) => (file as readonly Case[]).map(run);

function run(item: Case): Verdict {
  const why = item.op === "configmap" ? runConfigMap(item) : runObject(item);
  return why === undefined ? { name: item.name, passed: true } : { name: item.name, passed: false, why };
}

function runConfigMap(item: Case): string | undefined {
  const result = parsers[item.configMap ?? ""]?.(item.configMapData ?? {});
  if (!result) return `no parser for ${item.configMap}`;
  const error = differs("errors", result.ok ? "" : result.error, item.errors);
  if (error !== undefined || item.configMap !== "config-features" || !result.ok) return error;
  return differs(
    "gates",
    gateStates(result.value as ReturnType<typeof parseFeaturesConfig>),
    gateNames(item.defaulted),
  );
}

/** Normalizes Knative's and knap's gate names: lower case, no punctuation, sorted. */
function gateNames(states: unknown): unknown {
  const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "");
  const entries = Object.entries(states as StringMap).map(([name, state]) => [plain(name), state] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function gateStates({ gates, securePodDefaults }: ReturnType<typeof parseFeaturesConfig>): unknown {
  const named = Object.entries(gates).map(([key, state]) => [key.replace("kubernetes.", ""), state]);
  return gateNames({ ...Object.fromEntries(named), "secure-pod-defaults": securePodDefaults });
}

function requestOf(item: Case, object: AnyObject): WebhookRequest {
  const { config } = makeServingConfig(
    new Map([
      ["config-features", item.gates ?? {}],
      ["config-defaults", item.configDefaults ?? {}],
      ["config-autoscaler", item.configAutoscaler ?? {}],
    ]),
  );
  const old =
    item.op === "update" ? (item.oldStored ?? (readDocuments(item.old ?? "")[0]?.json as AnyObject)) : undefined;
  return {
    object,
    operation: item.op === "update" ? "update" : "create",
    isStatusUpdate: item.subresource === "status",
    config,
    ...(old === undefined ? {} : { old }),
    ...(item.user === undefined ? {} : { user: item.user }),
  };
}

function runObject(item: Case): string | undefined {
  const document = readDocuments(item.yaml ?? item.new ?? "")[0];
  if (document?.json === undefined) return item.stage === "yaml" ? undefined : "refused as YAML";
  if (item.stage === "yaml") return "should be refused as YAML";
  const request = requestOf(item, document.json as AnyObject);
  const mutation = mutate(request);
  if (mutation.decodeErrors.length > 0) {
    if (item.stage === "decode") return undefined;
    return `refused at decoding: ${decodeRefusal(mutation.decodeErrors)}`;
  }
  if (item.stage === "decode") return "should be refused at decoding";
  const structural = runSchema(item, document.json as AnyObject);
  const { errors, warnings } = reviewTexts(review({ ...request, object: mutation.object }));
  return (
    differs("defaulted", sorted(mutation.object), sorted(item.defaulted)) ??
    differs("errors", errors, item.errors) ??
    differs("warnings", warnings, item.warnings ?? []) ??
    structural
  );
}

/** Compares the results of the CRD's schema for the document. */
function runSchema({ crd = {} }: Case, object: AnyObject): string | undefined {
  const schema = schemaOf(kindOf(object));
  if (!schema) return "no schema";
  const missing = schemaFindings(schema, object).filter(({ reason }) => reason === "FieldValueRequired");
  return (
    differs("unknown fields", unknownFields(object), [...(crd.unknownFields ?? [])].sort()) ??
    differs(
      "schema defaults",
      sorted(Object.fromEntries(added(object, pruneAndDefault(schema, object), ""))),
      sorted(crd.schemaDefaults ?? {}),
    ) ??
    differs("missing", missing.map(({ path }) => path).sort(), [...(crd.missingRequired ?? [])].sort())
  );
}

/** The values that `after` has and `before` does not, by path; null counts as absent. */
function added(before: unknown, after: unknown, path: string): readonly (readonly [string, unknown])[] {
  if (before === undefined || before === null) return after === undefined || after === null ? [] : [[path, after]];
  if (Array.isArray(after)) {
    return after.flatMap((item, at) => added((before as unknown[])[at], item, `${path}[${at}]`));
  }
  if (typeof after !== "object" || after === null) return [];
  return Object.entries(after).flatMap(([key, item]) =>
    added((before as Record<string, unknown>)[key], item, joinPath(path, key)),
  );
}

function differs(what: string, got: unknown, want: unknown): string | undefined {
  const [a, b] = [JSON.stringify(got), JSON.stringify(want)];
  return a === b ? undefined : `${what}\n    got  ${a}\n    want ${b}`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, sorted(item)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
