// Holds Knative's parsed configuration. It is parsed again when a ConfigMap of knative-serving or a port changes.
import { makeServingConfig } from "../apis/config/serving-config.ts";
import type { ServingConfig } from "../apis/config/types.ts";
import type { StringMap } from "../apis/meta/object.ts";
import { Emitter } from "../base/emitter.ts";
import type { Logger } from "../base/logger.ts";
import type { GatewayPorts } from "../gateway/gateway-services.ts";

/** The default domain of Routes. Browsers and curl resolve its subdomains to this machine. */
const BUILT_IN_DOMAIN = "localhost";
const DOMAIN_MAP = "config-domain";

type ConfigMaps = ReadonlyMap<string, StringMap>;

export class LiveConfig {
  readonly #log: Logger;
  readonly #changed = new Emitter<void>();
  #ports: GatewayPorts = { http: 80, https: undefined };
  #parsed: ServingConfig;
  #current: ServingConfig;

  /** A ConfigMap that does not parse is logged, and its defaults apply. */
  constructor(configMaps: ConfigMaps, log: Logger) {
    this.#log = log;
    this.#parsed = this.#parse(configMaps);
    this.#current = this.#parsed;
  }

  readonly current = (): ServingConfig => this.#current;

  /** Calls `listener` after each change. */
  readonly subscribe = this.#changed.subscribe;

  /** Replaces the data of all ConfigMaps. */
  setData(configMaps: ConfigMaps): void {
    this.#parsed = this.#parse(configMaps);
    this.#update();
  }

  /** Sets the ports that URLs carry. */
  readonly setPorts = (ports: GatewayPorts): void => {
    this.#ports = ports;
    this.#update();
  };

  #update(): void {
    this.#current = withUrlPorts(this.#parsed, this.#ports);
    this.#changed.emit();
  }

  #parse(configMaps: ConfigMaps): ServingConfig {
    const { config, errors } = makeServingConfig(configMaps);
    for (const { configMap, message } of errors) this.#log.error("ConfigMap ignored", { configMap, message });
    return config;
  }
}

/** Adds knap's own domain unless the user's config-domain names one. */
export function withBuiltInDomain(configMaps: ConfigMaps): ConfigMaps {
  const given = configMaps.get(DOMAIN_MAP);
  if (given && Object.keys(given).some((key) => key !== "_example")) return configMaps;
  return new Map([...configMaps, [DOMAIN_MAP, { ...given, [BUILT_IN_DOMAIN]: "" }]]);
}

/** URLs carry a port only below knap's own domain: see {@link ServingConfig.urlPort}. */
function withUrlPorts(config: ServingConfig, { http, https }: GatewayPorts): ServingConfig {
  const domains = Object.keys(config.domain.domains).filter((domain) => domain !== `svc.${config.clusterDomain}`);
  if (domains.length !== 1 || domains[0] !== BUILT_IN_DOMAIN) return config;
  return {
    ...config,
    ...(http !== 80 && { urlPort: http }),
    ...(https !== undefined && https !== 443 && { httpsUrlPort: https }),
  };
}
