// Parses and checks ConfigMap config-network: domains, tags, TLS, rollout.
// Source: knative.dev/networking/pkg/config/config.go.
import { quote } from "../../base/go/quote.ts";
import { type GoStruct, parseTemplate } from "../../base/go/template.ts";
import { parseUrl } from "../../base/go/url.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import { labelSelector } from "../fields/meta.ts";
import type { StringMap } from "../meta/object.ts";
import { makeConfigReader } from "./reader.ts";
import type { NetworkConfig } from "./types.ts";
import { decodeYaml } from "./yaml-value.ts";

const CERT_MANAGER = "cert-manager.certificate.networking.knative.dev";
const DEFAULT_DOMAIN_TEMPLATE = "{{.Name}}.{{.Namespace}}.{{.Domain}}";

/** The fields that a domain template may use. */
export interface DomainTemplateValues {
  readonly name: string;
  readonly namespace: string;
  readonly domain: string;
  readonly annotations: StringMap;
  readonly labels: StringMap;
}

/** Returns the error that Knative reports first. The newer spelling of a key wins over the older one. */
export function parseNetworkConfig(data: StringMap): Result<NetworkConfig> {
  const read = makeConfigReader(data);
  const protocol = (data["http-protocol"] ?? data["httpProtocol"] ?? "").toLowerCase();
  const config: NetworkConfig = {
    ingressClass: read.text("ingress-class", read.text("ingress.class", "istio.ingress.networking.knative.dev")),
    certificateClass: read.text("certificate-class", read.text("certificate.class", CERT_MANAGER)),
    domainTemplate: read.text("domain-template", read.text("domainTemplate", DEFAULT_DOMAIN_TEMPLATE)),
    tagTemplate: read.text("tag-template", read.text("tagTemplate", "{{.Tag}}-{{.Name}}")),
    externalDomainTls: isEnabled(data["external-domain-tls"] ?? data["auto-tls"] ?? data["autoTLS"]),
    httpProtocol: protocol === "redirected" ? "Redirected" : "Enabled",
    rolloutDurationSeconds: read.integer("rollout-duration", read.integer("rolloutDuration", 0, 64), 64),
    autocreateClusterDomainClaims: read.bool(
      "autocreate-cluster-domain-claims",
      read.bool("autocreateClusterDomainClaims", false),
    ),
    enableMeshPodAddressability: read.bool("enable-mesh-pod-addressability", false),
    defaultExternalScheme: read.text("default-external-scheme", read.text("defaultExternalScheme", "http")),
    meshCompatibilityMode: meshMode(data["mesh-compatibility-mode"]),
    // Either key enables it: `internal-encryption: "true"` (older) or `system-internal-tls: enabled`.
    systemInternalTls: read.bool("internal-encryption", false) || isEnabled(data["system-internal-tls"]),
    clusterLocalDomainTls: isEnabled(data["cluster-local-domain-tls"]),
  };
  // knap reads this key only to check it, and issues no wildcard certificates.
  const selector = decodeYaml(data["namespace-wildcard-cert-selector"] ?? "", labelSelector);
  const unread = read.error ?? (selector.ok ? undefined : selector.error);
  const error = unread ?? rolloutError(config) ?? domainTemplateError(config) ?? tagTemplateError(config);
  if (error !== undefined) return failed(error);
  if (!["", "enabled", "disabled", "redirected"].includes(protocol)) {
    return failed(`httpProtocol ${data["http-protocol"] ?? ""} in config-network ConfigMap is not supported`);
  }
  for (const key of ["system-internal-tls", "cluster-local-domain-tls"]) {
    const value = data[key] ?? "";
    if (!["", "enabled", "disabled"].includes(value.toLowerCase())) {
      return failed(`${key} with value: ${quote(value)} in config-network ConfigMap is not supported`);
    }
  }
  return ok(config);
}

const isEnabled = (text: string | undefined): boolean => text?.toLowerCase() === "enabled";

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
  const url = parseUrl(`https://${result.value}`);
  if (!url.ok) return url.error;
  const { host, uri } = url.value;
  if (host.replace(/:\d*$/, "") === "") return "empty hostname";
  const path = uri.startsWith("?") ? `/${uri}` : uri;
  return path === "" || path === "/" ? undefined : `domain template has url path: ${path}`;
}

function tagTemplateError(config: NetworkConfig): string | undefined {
  const result = executeTagTemplate(config, { name: "foo", tag: "v2" });
  return result.ok ? undefined : result.error;
}

/** Returns the host of a Route, from config-network's domain-template. */
export function executeDomainTemplate(config: NetworkConfig, values: DomainTemplateValues): Result<string> {
  // Fast path for the default template, because each Route needs its host many times.
  if (config.domainTemplate === DEFAULT_DOMAIN_TEMPLATE) {
    return ok(`${values.name}.${values.namespace}.${values.domain}`);
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

/** Returns the host label of a traffic tag, from config-network's tag-template. */
export function executeTagTemplate(config: NetworkConfig, values: { name: string; tag: string }): Result<string> {
  return execute("tag-template", config.tagTemplate, {
    goType: "config.TagTemplateValues",
    fields: { Name: values.name, Tag: values.tag },
  });
}

function execute(name: string, source: string, data: GoStruct): Result<string> {
  const template = parseTemplate(name, source);
  return template.ok ? template.value.execute(data) : template;
}
