// Parses ConfigMap config-domain: the domains of Routes, selected by labels.
// Source: pkg/reconciler/route/config/domain.go.
import { failed, ok, type Result } from "../../base/result.ts";
import { kept, struct } from "../fields/field.ts";
import type { StringMap } from "../meta/object.ts";
import type { DomainConfig } from "./types.ts";
import { decodeYaml } from "./yaml-value.ts";

const internalConfig = struct("config.domainInternalConfig", { selector: "map[string]string", type: kept("string") });

/** Parses config-domain. If every entry has a selector, the default domain is `svc.<clusterDomain>`. */
export function parseDomainConfig(data: StringMap, clusterDomain: string): Result<DomainConfig> {
  const domains: Record<string, StringMap> = {};
  for (const [domain, text] of Object.entries(data)) {
    if (domain === "_example") continue;
    const value = decodeYaml<{ readonly selector?: StringMap }>(text, internalConfig);
    if (!value.ok) return failed(value.error);
    domains[domain] = value.value.selector ?? {};
  }
  const hasDefault = Object.values(domains).some((selector) => Object.keys(selector).length === 0);
  if (!hasDefault) domains[`svc.${clusterDomain}`] = {};
  return ok({ domains });
}
