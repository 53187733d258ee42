// ConfigMap config-network: domains, tags, TLS, rollout. Source: knative.dev/networking/pkg/config/config.go.
import { type GoStruct, parseTemplate } from "../../base/go/template.ts";
import { type Parsed, parsed, unparsed } from "../../base/parsed.ts";
import type { StringMap } from "../meta/object.ts";
import { makeConfigReader } from "./reader.ts";
import type { NetworkConfig } from "./types.ts";

const DEFAULT_DOMAIN_TEMPLATE = "{{.Name}}.{{.Namespace}}.{{.Domain}}";

/** What a domain template reads. */
export interface DomainTemplateValues {
  readonly name: string;
  readonly namespace: string;
  readonly domain: string;
  readonly annotations: StringMap;
  readonly labels: StringMap;
}

/** Parses and checks config-network; the error is the first one that Knative finds. */
export function parseNetworkConfig(data: StringMap): Parsed<NetworkConfig> {
  const read = makeConfigReader(data);
  const protocol = (data["http-protocol"] ?? "").toLowerCase();
  const config: NetworkConfig = {
    ingressClass: read.text("ingress-class", "istio.ingress.networking.knative.dev"),
    certificateClass: read.text("certificate-class", "cert-manager.certificate.networking.knative.dev"),
    domainTemplate: read.text("domain-template", DEFAULT_DOMAIN_TEMPLATE),
    tagTemplate: read.text("tag-template", "{{.Tag}}-{{.Name}}"),
    externalDomainTls: (data["external-domain-tls"] ?? data["auto-tls"] ?? "").toLowerCase() === "enabled",
    httpProtocol: protocol === "redirected" ? "Redirected" : "Enabled",
    rolloutDurationSeconds: read.int("rollout-duration", 0),
    autocreateClusterDomainClaims: read.bool("autocreate-cluster-domain-claims", false),
    enableMeshPodAddressability: read.bool("enable-mesh-pod-addressability", false),
    defaultExternalScheme: read.text("default-external-scheme", "http"),
    meshCompatibilityMode: meshMode(data["mesh-compatibility-mode"]),
    systemInternalTls: (data["system-internal-tls"] ?? "").toLowerCase() === "enabled",
    clusterLocalDomainTls: (data["cluster-local-domain-tls"] ?? "").toLowerCase() === "enabled",
  };
  const error = read.error ?? rolloutError(config) ?? domainTemplateError(config) ?? tagTemplateError(config);
  if (error !== undefined) return unparsed(error);
  if (!["", "enabled", "disabled", "redirected"].includes(protocol)) {
    return unparsed(`httpProtocol ${data["http-protocol"]} in config-network ConfigMap is not supported`);
  }
  for (const key of ["system-internal-tls", "cluster-local-domain-tls"]) {
    const value = data[key] ?? "";
    if (!["", "enabled", "disabled"].includes(value.toLowerCase())) {
      return unparsed(`${key} with value: "${value}" in config-network ConfigMap is not supported`);
    }
  }
  return parsed(config);
}

function meshMode(text: string | undefined): NetworkConfig["meshCompatibilityMode"] {
  const mode = text?.toLowerCase();
  return mode === "enabled" || mode === "disabled" ? mode : "auto";
}

function rolloutError({ rolloutDurationSeconds: seconds }: NetworkConfig): string | undefined {
  return seconds < 0 ? `rollout-duration must be a positive integer, but was ${seconds}` : undefined;
}

function domainTemplateError(config: NetworkConfig): string | undefined {
  const values = { name: "foo", namespace: "bar", domain: "baz.com", annotations: {}, labels: {} };
  const result = executeDomainTemplate(config, values);
  if (!result.ok) return result.error;
  const [, host = "", uri = ""] = /^([^/?#]*)([^#]*)/.exec(result.value) ?? [];
  const stray = /[\s"<>^`{}|\\]/.exec(host)?.[0];
  if (stray !== undefined) {
    return `error parsing url: parse "https://${result.value}": invalid character "${stray}" in host name`;
  }
  if (host.replace(/:\d*$/, "") === "") return "empty hostname";
  const path = uri.startsWith("?") ? `/${uri}` : uri;
  return path === "" || path === "/" ? undefined : `domain template has url path: ${path}`;
}

function tagTemplateError(config: NetworkConfig): string | undefined {
  const result = executeTagTemplate(config, { name: "foo", tag: "v2" });
  return result.ok ? undefined : result.error;
}

/** The host of a Route by config-network's domain-template. */
export function executeDomainTemplate(config: NetworkConfig, values: DomainTemplateValues): Parsed<string> {
  // what nearly everybody has, and each Route asks for many times: it needs no interpreter
  if (config.domainTemplate === DEFAULT_DOMAIN_TEMPLATE) {
    return parsed(`${values.name}.${values.namespace}.${values.domain}`);
  }
  return execute("domain-template", config.domainTemplate, {
    goType: "config.DomainTemplateValues",
    fields: {
      Name: values.name,
      Namespace: values.namespace,
      Domain: values.domain,
      Annotations: values.annotations,
      Labels: values.labels,
    },
  });
}

/** The name of a tag by config-network's tag-template. */
export function executeTagTemplate(config: NetworkConfig, values: { name: string; tag: string }): Parsed<string> {
  return execute("tag-template", config.tagTemplate, {
    goType: "config.TagTemplateValues",
    fields: { Name: values.name, Tag: values.tag },
  });
}

function execute(name: string, source: string, data: GoStruct): Parsed<string> {
  const template = parseTemplate(name, source);
  return template.ok ? template.value.execute(data) : template;
}
