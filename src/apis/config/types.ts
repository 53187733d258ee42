// Defines the parsed ConfigMaps of namespace knative-serving. Times are in ms, percentages from 0 to 100.
// Source: pkg/apis/config, pkg/autoscaler/config, pkg/deployment, pkg/gc, networking/pkg/config,
// pkg/reconciler/route/config.

export interface AutoscalerConfig {
  /** Fraction: 0.7 is 70 %. */
  readonly containerConcurrencyTargetFraction: number;
  readonly containerConcurrencyTargetDefault: number;
  readonly requestsPerSecondTargetDefault: number;
  readonly targetBurstCapacity: number;
  readonly stableWindowMs: number;
  readonly panicWindowPercentage: number;
  readonly panicThresholdPercentage: number;
  readonly maxScaleUpRate: number;
  readonly maxScaleDownRate: number;
  readonly enableScaleToZero: boolean;
  readonly scaleToZeroGracePeriodMs: number;
  readonly scaleToZeroPodRetentionPeriodMs: number;
  readonly scaleDownDelayMs: number;
  readonly podAutoscalerClass: string;
  readonly activatorCapacity: number;
  readonly initialScale: number;
  readonly allowZeroInitialScale: boolean;
  readonly minScale: number;
  readonly maxScale: number;
  readonly maxScaleLimit: number;
}

export interface DefaultsConfig {
  readonly revisionTimeoutSeconds: number;
  readonly maxRevisionTimeoutSeconds: number;
  readonly revisionResponseStartTimeoutSeconds: number;
  readonly revisionIdleTimeoutSeconds: number;
  /** Canonical quantities; absent if not set. */
  readonly revisionRequests: { readonly cpu?: string; readonly memory?: string; readonly "ephemeral-storage"?: string };
  readonly revisionLimits: { readonly cpu?: string; readonly memory?: string; readonly "ephemeral-storage"?: string };
  readonly containerNameTemplate: string;
  readonly initContainerNameTemplate: string;
  readonly containerConcurrency: number;
  readonly containerConcurrencyMaxLimit: number;
  readonly allowContainerConcurrencyZero: boolean;
  readonly enableServiceLinks?: boolean | undefined;
}

export type Gate = "Enabled" | "Allowed" | "Disabled";
export interface FeaturesConfig {
  /** Every known gate by its config-features key, for example `kubernetes.podspec-affinity`. */
  readonly gates: Readonly<Record<string, Gate>>;
  readonly securePodDefaults: "Disabled" | "AllowRootBounded" | "Enabled";
}

export interface DeploymentConfig {
  readonly queueSidecarImage: string;
  readonly registriesSkippingTagResolving: ReadonlySet<string>;
  readonly digestResolutionTimeoutMs: number;
  readonly progressDeadlineMs: number;
  readonly queueSidecarResources: {
    readonly requests: Readonly<Record<string, string>>;
    readonly limits: Readonly<Record<string, string>>;
  };
  readonly queueSidecarTokenAudiences: readonly string[];
  readonly queueSidecarRootCa: string;
  readonly runtimeClassNames: Readonly<Record<string, { readonly selector?: Readonly<Record<string, string>> }>>;
  readonly defaultAffinityType: "none" | "prefer-spread-revision-over-nodes";
  readonly podIsAlwaysSchedulable: boolean;
}

/** undefined means that the limit is disabled. */
export interface GcConfig {
  readonly retainSinceCreateTimeMs: number | undefined;
  readonly retainSinceLastActiveTimeMs: number | undefined;
  readonly minNonActiveRevisions: number;
  readonly maxNonActiveRevisions: number | undefined;
}

export interface NetworkConfig {
  readonly ingressClass: string;
  readonly certificateClass: string;
  readonly domainTemplate: string;
  readonly tagTemplate: string;
  readonly externalDomainTls: boolean;
  readonly httpProtocol: "Enabled" | "Redirected";
  readonly rolloutDurationSeconds: number;
  readonly autocreateClusterDomainClaims: boolean;
  readonly defaultExternalScheme: string;
  readonly meshCompatibilityMode: "auto" | "enabled" | "disabled";
  readonly enableMeshPodAddressability: boolean;
  readonly systemInternalTls: boolean;
  readonly clusterLocalDomainTls: boolean;
}

export interface DomainConfig {
  /** Domain → selector of Route labels; an empty selector makes it the default domain. */
  readonly domains: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Where a component exports its metrics. knap exports none, but queue-proxy containers carry these values. */
export interface MetricsConfig {
  readonly protocol: "none" | "prometheus" | "grpc" | "http/protobuf";
  /** With `prometheus`: the `host:port` to listen on; "" for Knative's default. */
  readonly endpoint: string;
  readonly exportIntervalNs: bigint;
}

export interface ObservabilityConfig {
  readonly tracing: {
    readonly protocol: "none" | "stdout" | "grpc" | "http/protobuf";
    readonly endpoint: string;
    readonly samplingRate: number;
  };
  readonly metrics: MetricsConfig;
  readonly runtime: { readonly profiling: "enabled" | "disabled"; readonly exportIntervalNs: bigint };
  /** Metrics of user requests, which queue-proxies count. */
  readonly requestMetrics: MetricsConfig;
  readonly loggingUrlTemplate: string;
  readonly enableVarLogCollection: boolean;
  readonly requestLogTemplate: string;
  readonly enableRequestLog: boolean;
  readonly enableProbeRequestLog: boolean;
}

/** The parsed ConfigMaps of Knative. Reconcilers read `world.config`, which knap replaces when a ConfigMap changes. */
export interface ServingConfig {
  readonly autoscaler: AutoscalerConfig;
  readonly defaults: DefaultsConfig;
  readonly features: FeaturesConfig;
  readonly deployment: DeploymentConfig;
  readonly gc: GcConfig;
  readonly network: NetworkConfig;
  readonly domain: DomainConfig;
  readonly observability: ObservabilityConfig;
  /** Default `cluster.local`. */
  readonly clusterDomain: string;
  /**
   * Port in the public http URLs of statuses. Set only without a config-domain of the user, if the ingress port is not
   * 80. With the user's config-domain, URLs are exactly Knative's.
   */
  readonly urlPort?: number;
  /** Port in https URLs: the same, while knap serves https on a port other than 443. */
  readonly httpsUrlPort?: number;
}
