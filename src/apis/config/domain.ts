// Parses ConfigMap config-domain: the domains of Routes, selected by labels. Source: pkg/reconciler/route/config/domain.go.
import { failed, ok, type Result } from "../../base/result.ts";
import type { StringMap } from "../meta/object.ts";
import { nestedMap } from "./nested-map.ts";
import type { DomainConfig } from "./types.ts";

/** Parses config-domain. If every entry has a selector, the default domain is `svc.<clusterDomain>`. */
export function parseDomainConfig(data: StringMap, clusterDomain: string): Result<DomainConfig> {
  const domains: Record<string, StringMap> = {};
  let hasDefault = false;
  for (const [domain, text] of Object.entries(data)) {
    if (domain === "_example") continue;
    const value = nestedMap(text, "config.domainInternalConfig");
    if (!value.ok) return failed(value.error);
    const selector = value.value["selector"];
    const labels = Object.entries(typeof selector === "object" ? selector : {});
    domains[domain] = Object.fromEntries(labels.map(([key, label]) => [key, String(label)]));
    hasDefault ||= labels.length === 0;
  }
  if (!hasDefault) domains[`svc.${clusterDomain}`] = {};
  return ok({ domains });
}
