// Knative's ConfigMaps of namespace knative-serving, parsed. Names follow the ConfigMap keys; times in ms, percentages as written.
// Source: pkg/apis/config, pkg/autoscaler/config, pkg/deployment, pkg/gc, networking/pkg/config, pkg/reconciler/route/config.

export interface AutoscalerConfig {
  /** A fraction, 0.7 for 70 %. */
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
  /** Canonical quantity texts; absent: not set. */
  readonly revisionRequests: { readonly cpu?: string; readonly memory?: string; readonly "ephemeral-storage"?: string };
  readonly revisionLimits: { readonly cpu?: string; readonly memory?: string; readonly "ephemeral-storage"?: string };
  readonly containerNameTemplate: string;
  readonly initContainerNameTemplate: string;
  readonly containerConcurrency: number;
  readonly containerConcurrencyMaxLimit: number;
  readonly allowContainerConcurrencyZero: boolean;
  readonly enableServiceLinks?: boolean;
}

export type Gate = "Enabled" | "Allowed" | "Disabled";
/** Keyed by the config-features key as written there, for example `kubernetes.podspec-affinity`. Every known key is present. */
export interface FeaturesConfig {
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

/** undefined: that limit is disabled. */
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

/** Domain → selector of Route labels; an empty selector is the default domain. */
export interface DomainConfig {
  readonly domains: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Where a component would send its metrics or traces. knap sends none; the texts go on to the queue-proxy as in Knative. */
export interface MetricsConfig {
  readonly protocol: "none" | "prometheus" | "grpc" | "http/protobuf";
  /** With `prometheus`: the `host:port` to listen on; "" for the usual one. */
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
  /** What queue-proxies count for the user. */
  readonly requestMetrics: MetricsConfig;
  readonly loggingUrlTemplate: string;
  readonly enableVarLogCollection: boolean;
  readonly requestLogTemplate: string;
  readonly enableRequestLog: boolean;
  readonly enableProbeRequestLog: boolean;
}

/** What every planner sees as `world.config`; replaced whole when a ConfigMap changes. */
export interface ServingConfig {
  readonly autoscaler: AutoscalerConfig;
  readonly defaults: DefaultsConfig;
  readonly features: FeaturesConfig;
  readonly deployment: DeploymentConfig;
  readonly gc: GcConfig;
  readonly network: NetworkConfig;
  readonly domain: DomainConfig;
  readonly observability: ObservabilityConfig;
  /** `cluster.local` unless told otherwise. */
  readonly clusterDomain: string;
  /**
   * The port that public URLs in statuses carry. Set only while config-domain is knap's own (`localhost`) and the ingress is not on 80;
   * with a config-domain of the user's, URLs are exactly Knative's.
   */
  readonly urlPort?: number;
  /** The same for `https`, while it is served and not on 443. */
  readonly httpsUrlPort?: number;
}
