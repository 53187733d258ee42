import { describe, expect, it } from "vitest";
import { parseDefaultsConfig } from "../../../src/apis/config/defaults.ts";
import { parseDeploymentConfig } from "../../../src/apis/config/deployment.ts";
import { parseDomainConfig } from "../../../src/apis/config/domain.ts";
import { parseGcConfig } from "../../../src/apis/config/gc.ts";
import { executeTagTemplate, parseNetworkConfig } from "../../../src/apis/config/network.ts";
import { parseObservabilityConfig } from "../../../src/apis/config/observability.ts";
import { configMapError, makeServingConfig } from "../../../src/apis/config/serving-config.ts";
import type { StringMap } from "../../../src/apis/meta/object.ts";
import type { Result } from "../../../src/base/result.ts";

const error = (result: Result<unknown>): string => (result.ok ? "" : result.error);

describe("Knative's ConfigMaps", () => {
  it("without ConfigMaps the configuration has Knative's defaults", () => {
    const { config, errors } = makeServingConfig(new Map());
    expect(errors).toEqual([]);
    expect(config).toMatchObject({
      autoscaler: { containerConcurrencyTargetFraction: 0.7, stableWindowMs: 60_000, maxScaleLimit: 0 },
      defaults: { revisionTimeoutSeconds: 300, containerConcurrencyMaxLimit: 1000, enableServiceLinks: false },
      deployment: { progressDeadlineMs: 600_000, queueSidecarResources: { requests: { cpu: "25m" }, limits: {} } },
      gc: { retainSinceCreateTimeMs: 172_800_000, maxNonActiveRevisions: 1000 },
      network: { domainTemplate: "{{.Name}}.{{.Namespace}}.{{.Domain}}", autocreateClusterDomainClaims: false },
      domain: { domains: { "svc.cluster.local": {} } },
      observability: { enableRequestLog: false },
      clusterDomain: "cluster.local",
    });
    expect(config.features.gates["multi-container"]).toBe("Enabled");
  });
  it("an invalid ConfigMap is named in the errors, and its defaults apply", () => {
    const { config, errors } = makeServingConfig(new Map([["config-autoscaler", { "stable-window": "1s" }]]));
    expect(config.autoscaler.stableWindowMs).toBe(60_000);
    expect(errors).toEqual([
      { configMap: "config-autoscaler", message: "stable-window = 1s, must be in [6s; 1h0m0s] range" },
    ]);
  });
  it("config-deployment has the queue-proxy image that Knative requires", () => {
    expect(configMapError("config-deployment", { "progress-deadline": "60s" })).toBeUndefined();
    expect(error(parseDeploymentConfig({}))).toBe("queue-sidecar-image cannot be empty or unset");
  });
  it.each<[StringMap, string]>([
    [
      { "revision-timeout-seconds": "x" },
      'failed to parse "revision-timeout-seconds": strconv.ParseInt: parsing "x": invalid syntax',
    ],
    [
      { "container-name-template": "{{.Nope}}" },
      "error executing template: template: container-template:1:2: executing",
    ],
    [{ "init-container-name-template": "{{" }, "template: container-template:1: unclosed action"],
    [
      { "allow-container-concurrency-zero": "maybe", "revision-timeout-seconds": "x" },
      'failed to parse "allow-container-concurrency-zero": strconv.ParseBool: parsing "maybe": invalid syntax',
    ],
  ])("config-defaults refuses %j", (data, text) => {
    expect(error(parseDefaultsConfig(data))).toContain(text);
  });
  it.each<[StringMap, string]>([
    [{ "rollout-duration": "x" }, 'failed to parse "rollout-duration": strconv.ParseInt: parsing "x": invalid syntax'],
    [{ "domain-template": "{{.Name}}?x" }, "domain template has url path: /?x"],
    [{ "http-protocol": "maybe" }, "httpProtocol maybe in config-network ConfigMap is not supported"],
    [
      { "internal-encryption": "x" },
      'failed to parse "internal-encryption": strconv.ParseBool: parsing "x": invalid syntax',
    ],
    [{ "domain-template": "{{.Name}} x" }, 'parse "https://foo x": invalid character " " in host name'],
    [
      { "namespace-wildcard-cert-selector": "x" },
      "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go value of type v1.LabelSelector",
    ],
  ])("config-network refuses %j", (data, text) => {
    expect(error(parseNetworkConfig(data))).toBe(text);
  });
  it("config-network accepts older spellings of its keys and prefers the newer ones", () => {
    const older = {
      domainTemplate: "{{.Name}}.old",
      "ingress.class": "old",
      autoTLS: "Enabled",
      "internal-encryption": "true",
    };
    expect(parseNetworkConfig({ ...older, "ingress-class": "new" })).toMatchObject({
      ok: true,
      value: { domainTemplate: "{{.Name}}.old", ingressClass: "new", externalDomainTls: true, systemInternalTls: true },
    });
  });
  it.each<[StringMap, string]>([
    [
      { "runtime-class-name": "gvisor", "queue-sidecar-image": "q" },
      "runtime-class-name cannot be parsed, please check the format: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go value of type map[string]deployment.RuntimeClassNameLabelSelector",
    ],
    [{ "runtime-class-name": "gvisor" }, "queue-sidecar-image cannot be empty or unset"],
  ])("config-deployment refuses %j", (data, text) => {
    expect(error(parseDeploymentConfig(data))).toBe(text);
  });
  it("config-network and config-domain render tag templates", () => {
    const network = parseNetworkConfig({ "tag-template": "{{.Name}}--{{.Tag}}" });
    expect(network.ok && executeTagTemplate(network.value, { name: "a", tag: "b" })).toEqual({
      ok: true,
      value: "a--b",
    });
  });
  it("selectors for domains and runtime classes are parsed as YAML", () => {
    const domain = parseDomainConfig(
      { "a.io": "selector:\n  team: x # why\n  tier: 'y'\n", "b.io": "" },
      "cluster.local",
    );
    expect(domain.ok && domain.value.domains).toEqual({ "a.io": { team: "x", tier: "y" }, "b.io": {} });
    const classes = parseDeploymentConfig({
      "queue-sidecar-image": "q",
      "runtime-class-name": "gvisor:\n  selector:\n    safe: yes\nkata: {}\n",
    });
    expect(classes.ok && classes.value.runtimeClassNames).toEqual({ gvisor: { selector: { safe: "true" } }, kata: {} });
  });
  it("accept flow style, quotes, anchors and several lines in YAML values (11 E2)", () => {
    const domain = parseDomainConfig(
      { "a.io": 'selector: {"team": "x: y", tier: &t "1"}', "b.io": "# all\n---\n{}\n", "c.io": "selector:\n  v: 2\n" },
      "cluster.local",
    );
    expect(domain.ok && domain.value.domains).toEqual({
      "a.io": { team: "x: y", tier: "1" },
      "b.io": {},
      "c.io": { v: "2" },
    });
  });
  it.each([
    ["x", "json: cannot unmarshal string into Go value of type config.domainInternalConfig"],
    ["[1]", "json: cannot unmarshal array into Go value of type config.domainInternalConfig"],
    [
      "selector: x",
      "json: cannot unmarshal string into Go struct field domainInternalConfig.selector of type map[string]string",
    ],
    [
      "selector: {a: [b]}",
      "json: cannot unmarshal array into Go struct field domainInternalConfig.selector of type string",
    ],
  ])("config-domain refuses the value %j (11 E2)", (value, text) => {
    const prefix = "error unmarshaling JSON: while decoding JSON: ";
    expect(error(parseDomainConfig({ "a.io": value }, "cluster.local"))).toBe(prefix + text);
  });
  it.each([
    ["Gvisor: {}", "runtime-class-name Gvisor selector not valid DNSSubdomain: [a lowercase RFC 1123"],
    [
      "gvisor: {selector: {a b: c}}",
      'runtime-class-name gvisor selector invalid: key: Invalid value: "a b": name part',
    ],
    [
      "gvisor: {selector: {a: b c}}",
      'runtime-class-name gvisor selector invalid: values[0][a]: Invalid value: "b c": a valid',
    ],
    [
      "gvisor: {selector: [a]}",
      "runtime-class-name cannot be parsed, please check the format: error unmarshaling JSON",
    ],
    [
      "a: [",
      "runtime-class-name cannot be parsed, please check the format: error converting YAML to JSON: yaml: line 1",
    ],
  ])("config-deployment refuses the runtime classes %j (11 E2)", (classes, text) => {
    expect(error(parseDeploymentConfig({ queueSidecarImage: "q", "runtime-class-name": classes }))).toContain(text);
  });
  it("accept older spellings of config-deployment's keys and prefer the newer ones", () => {
    const config = parseDeploymentConfig({
      queueSidecarImage: "q",
      progressDeadline: "20s",
      queueSidecarCPULimit: "2",
    });
    expect(config.ok && [config.value.progressDeadlineMs, config.value.queueSidecarResources.limits]).toEqual([
      20_000,
      { cpu: "2" },
    ]);
    const both = parseDeploymentConfig({ queueSidecarImage: "q", progressDeadline: "20s", "progress-deadline": "30s" });
    expect(both.ok && both.value.progressDeadlineMs).toBe(30_000);
  });
  it("config-gc can disable limits", () => {
    const gc = parseGcConfig({ "retain-since-create-time": "Disabled", "max-non-active-revisions": "disabled" });
    expect(gc.ok && [gc.value.retainSinceCreateTimeMs, gc.value.maxNonActiveRevisions]).toEqual([undefined, undefined]);
    expect(error(parseGcConfig({ "max-non-active-revisions": "-1" }))).toBe(
      'failed to parse max-non-active-revisions: strconv.ParseUint: parsing "-1": invalid syntax',
    );
  });
  it("config-observability reports an invalid or missing request log template", () => {
    expect(error(parseObservabilityConfig({ "logging.request-log-template": "{{" }))).toBe(
      "template: requestLog:1: unclosed action",
    );
    const empty = { "logging.request-log-template": " ", "logging.enable-request-log": "true" };
    expect(error(parseObservabilityConfig(empty))).toBe(
      '"logging.enable-request-log" was set to true, but no "logging.request-log-template" was specified',
    );
  });
  it.each<[StringMap, string]>([
    [{ "request-metrics-protocol": "statsd" }, 'unsupported protocol "statsd"'],
    [{ "request-metrics-protocol": "" }, 'unsupported protocol ""'],
    [{ "request-metrics-protocol": "grpc" }, 'endpoint should be set when protocol is "grpc"'],
    [{ "request-metrics-endpoint": ":9091" }, 'endpoint should not be set when protocol is "none"'],
    [
      { "request-metrics-protocol": "prometheus", "request-metrics-export-interval": "-90s" },
      'export interval "-1m30s" should be greater than zero',
    ],
    [{ "metrics-export-interval": "soon" }, 'failed to parse "metrics-export-interval": time: invalid duration "soon"'],
    [{ "tracing-protocol": "http/protobuf" }, 'endpoint should be set for protocol "http/protobuf"'],
    [{ "tracing-protocol": "stdout", "tracing-endpoint": "x" }, "endpoint should not be set when protocol is 'none'"],
    [{ "tracing-sampling-rate": "1.5" }, "sampling rate 1.500000 should be less than or equal to one"],
    [{ "tracing-sampling-rate": "-1" }, "sampling rate -1.000000 should be greater or equal to zero"],
    [{ "runtime-profiling": "on" }, 'unsupported profile setting "on"'],
    // Knative parses the parts in this order and reports the first error.
    [{ "request-metrics-protocol": "x", "tracing-protocol": "y" }, 'unsupported protocol "y"'],
    [{ "request-metrics-protocol": "x", "logging.enable-request-log": "maybe" }, 'unsupported protocol "x"'],
  ])("config-observability refuses %j", (data, message) => {
    expect(configMapError("config-observability", data)).toBe(message);
  });
  it("config-observability ignores the request metrics key of older versions", () => {
    const old = parseObservabilityConfig({ "metrics.request-metrics-backend-destination": "prometheus" });
    expect(old).toMatchObject({ ok: true, value: { requestMetrics: { protocol: "none" } } });
  });
});
