// Knative's configuration as it stands in the store's ConfigMaps of namespace knative-serving, parsed, and replaced whole when one changes.
import { makeServingConfig, SYSTEM_NAMESPACE } from "../apis/config/serving-config.ts";
import type { ServingConfig } from "../apis/config/types.ts";
import type { ConfigMap } from "../apis/core/types.ts";
import type { StringMap } from "../apis/meta/object.ts";
import type { Logger } from "../base/logger.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";

/** The domain that knap serves when the user names none; browsers and curl resolve it to this machine. */
const BUILT_IN_DOMAIN = "localhost";
const DOMAIN_MAP = "config-domain";

/** What is in force when a session starts: the user's ConfigMaps, and knap's own domain where they leave it open. */
export function withBuiltInDomain(configMaps: ReadonlyMap<string, StringMap>): ReadonlyMap<string, StringMap> {
  const given = configMaps.get(DOMAIN_MAP);
  if (given && Object.keys(given).some((key) => key !== "_example")) return configMaps;
  return new Map([...configMaps, [DOMAIN_MAP, { [BUILT_IN_DOMAIN]: "" }]]);
}

/** Only knap's own domain carries a port in URLs: see {@link ServingConfig.urlPort}. */
function withUrlPorts(
  config: ServingConfig,
  { ingressPort, httpsPort }: { readonly ingressPort: number; readonly httpsPort: number | undefined },
): ServingConfig {
  const domains = Object.keys(config.domain.domains).filter((domain) => domain !== `svc.${config.clusterDomain}`);
  const ownDomain = domains.length === 1 && domains[0] === BUILT_IN_DOMAIN;
  if (!ownDomain) return config;
  const https = httpsPort === undefined || httpsPort === 443 ? {} : { httpsUrlPort: httpsPort };
  return { ...config, ...(ingressPort !== 80 && { urlPort: ingressPort }), ...https };
}

export interface ConfigWatch extends Disposable {
  current(): ServingConfig;
  /** Reads everything anew: a port has changed. */
  refresh(): void;
}

/** Follows the ConfigMaps. Data that does not parse (the store's admission refuses it, so it came with the session) leaves the defaults and is logged. */
export function watchConfig(options: {
  readonly store: ObjectStore;
  readonly ingressPort: number;
  /** undefined while https is not served. */
  readonly httpsPort: () => number | undefined;
  readonly onChange: () => void;
  readonly log: Logger;
}): ConfigWatch {
  const { store, log } = options;
  const read = (): ServingConfig => {
    const maps = store.list("ConfigMap", { namespace: SYSTEM_NAMESPACE });
    const { config, errors } = makeServingConfig(
      new Map(maps.map((map: ConfigMap) => [map.metadata.name, map.data ?? {}])),
    );
    for (const { configMap, message } of errors) log.error("ConfigMap ignored", { configMap, message });
    return withUrlPorts(config, { ingressPort: options.ingressPort, httpsPort: options.httpsPort() });
  };
  let config = read();
  const refresh = (): void => {
    config = read();
    options.onChange();
  };
  const watch = store.watch({ kind: "ConfigMap", namespace: SYSTEM_NAMESPACE }, refresh);
  return {
    current: () => config,
    refresh,
    [Symbol.dispose]: () => {
      if (!("refused" in watch)) watch[Symbol.dispose]();
    },
  };
}
