// Parses all ConfigMaps of namespace knative-serving into one immutable ServingConfig.
import type { Result } from "../../base/result.ts";
import type { ConfigMap } from "../core/types.ts";
import { kindOf } from "../kinds.ts";
import type { AnyObject, StringMap } from "../meta/object.ts";
import { parseAutoscalerConfig } from "./autoscaler.ts";
import { parseDefaultsConfig } from "./defaults.ts";
import { parseDeploymentConfig } from "./deployment.ts";
import { parseDomainConfig } from "./domain.ts";
import { parseFeaturesConfig } from "./features.ts";
import { parseGcConfig } from "./gc.ts";
import { parseNetworkConfig } from "./network.ts";
import { parseObservabilityConfig } from "./observability.ts";
import type { ServingConfig } from "./types.ts";

/** Namespace of Knative's ConfigMaps. */
export const SYSTEM_NAMESPACE = "knative-serving";
export const CLUSTER_DOMAIN = "cluster.local";

export function isClusterConfig(object: AnyObject): object is ConfigMap {
  return kindOf(object) === "ConfigMap" && object.metadata.namespace === SYSTEM_NAMESPACE;
}

/** Knative requires this key, and its release manifest sets it. knap sets it if the user does not. */
const SHIPPED_IMAGE = "knap.local/queue-proxy";

export interface ConfigError {
  /** Name of the ConfigMap. */
  readonly configMap: string;
  readonly message: string;
}

/**
 * Parses the data of knative-serving's ConfigMaps, by name. Missing or unknown ConfigMaps and missing keys are no
 * errors. For a ConfigMap with an error, `config` has the defaults.
 */
export function makeServingConfig(
  configMaps: ReadonlyMap<string, StringMap>,
  clusterDomain: string = CLUSTER_DOMAIN,
): { readonly config: ServingConfig; readonly errors: readonly ConfigError[] } {
  const errors: ConfigError[] = [];
  const read = <T>(configMap: string, parse: (data: StringMap) => Result<T>): T => {
    const result = parse(configMaps.get(configMap) ?? {});
    if (result.ok) return result.value;
    errors.push({ configMap, message: result.error });
    const fallback = parse({});
    if (fallback.ok) return fallback.value;
    throw new Error(`the defaults of ${configMap} do not parse: ${fallback.error}`);
  };
  const config: ServingConfig = {
    autoscaler: read("config-autoscaler", parseAutoscalerConfig),
    defaults: read("config-defaults", parseDefaultsConfig),
    features: parseFeaturesConfig(configMaps.get("config-features") ?? {}),
    deployment: read("config-deployment", (data) =>
      parseDeploymentConfig({ queueSidecarImage: SHIPPED_IMAGE, ...data }),
    ),
    gc: read("config-gc", parseGcConfig),
    network: read("config-network", parseNetworkConfig),
    domain: read("config-domain", (data) => parseDomainConfig(data, clusterDomain)),
    observability: read("config-observability", parseObservabilityConfig),
    clusterDomain,
  };
  return { config, errors };
}

/** Returns the error in the data of one of Knative's ConfigMaps; undefined for valid data and for other ConfigMaps. */
export function configMapError(name: string, data: StringMap): string | undefined {
  return makeServingConfig(new Map([[name, data]])).errors[0]?.message;
}
