// Defines the kinds of networking.internal.knative.dev/v1alpha1 and caching.internal.knative.dev/v1alpha1.
import type { ConditionedStatus } from "../meta/conditions.ts";
import type { AnyObject, ClusterMeta, StringMap } from "../meta/object.ts";

interface ServerlessServiceStatus extends ConditionedStatus {
  readonly serviceName?: string;
  readonly privateServiceName?: string;
}
export interface ServerlessService extends AnyObject {
  readonly apiVersion: "networking.internal.knative.dev/v1alpha1";
  readonly kind: "ServerlessService";
  readonly spec: {
    readonly mode?: "Serve" | "Proxy";
    readonly numActivators?: number;
    readonly objectRef: { readonly apiVersion?: string; readonly kind?: string; readonly name?: string };
    readonly protocolType: "http1" | "h2c";
  };
  readonly status?: ServerlessServiceStatus;
}

export interface IngressBackendSplit {
  readonly serviceNamespace: string;
  readonly serviceName: string;
  readonly servicePort: number | string;
  readonly percent?: number;
  readonly appendHeaders?: StringMap;
}
export interface IngressPath {
  readonly path?: string;
  readonly rewriteHost?: string;
  readonly headers?: Readonly<Record<string, { readonly exact?: string }>>;
  readonly splits?: readonly IngressBackendSplit[];
  readonly appendHeaders?: StringMap;
}
export interface IngressRule {
  readonly hosts?: readonly string[];
  readonly visibility?: "ExternalIP" | "ClusterLocal";
  readonly http?: { readonly paths: readonly IngressPath[] };
}
export interface LoadBalancerStatus {
  readonly ingress?: readonly {
    readonly ip?: string;
    readonly domain?: string;
    readonly domainInternal?: string;
    readonly meshOnly?: boolean;
  }[];
}
export interface IngressStatus extends ConditionedStatus {
  readonly publicLoadBalancer?: LoadBalancerStatus;
  readonly privateLoadBalancer?: LoadBalancerStatus;
}
/** Knative's Ingress ("KIngress"), not that of Kubernetes. */
export interface Ingress extends AnyObject {
  readonly apiVersion: "networking.internal.knative.dev/v1alpha1";
  readonly kind: "Ingress";
  readonly spec: {
    readonly rules?: readonly IngressRule[];
    readonly tls?: readonly {
      readonly hosts?: readonly string[];
      readonly secretName?: string;
      readonly secretNamespace?: string;
    }[];
    readonly httpOption?: "Enabled" | "Redirected";
  };
  readonly status?: IngressStatus;
}
export interface Certificate extends AnyObject {
  readonly apiVersion: "networking.internal.knative.dev/v1alpha1";
  readonly kind: "Certificate";
  readonly spec: { readonly dnsNames: readonly string[]; readonly domain?: string; readonly secretName: string };
  readonly status?: ConditionedStatus & { readonly notAfter?: string; readonly http01Challenges?: readonly unknown[] };
}
export interface ClusterDomainClaim extends AnyObject {
  readonly apiVersion: "networking.internal.knative.dev/v1alpha1";
  readonly kind: "ClusterDomainClaim";
  readonly metadata: ClusterMeta;
  readonly spec: { readonly namespace: string };
}
/** An image to keep in the node's cache. */
export interface Image extends AnyObject {
  readonly apiVersion: "caching.internal.knative.dev/v1alpha1";
  readonly kind: "Image";
  readonly spec: {
    readonly image: string;
    readonly serviceAccountName?: string;
    readonly imagePullSecrets?: readonly { readonly name?: string }[];
  };
  readonly status?: ConditionedStatus;
}
