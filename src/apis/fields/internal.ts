// Defines the fields of Knative's internal kinds: networking, caching and autoscaling.
// Source: knative.dev/networking/pkg/apis, knative.dev/caching/pkg/apis, pkg/apis/autoscaling/v1alpha1.
import type { Kind } from "../kinds.ts";
import { field, list, pointer, required, type StructType, struct } from "./field.ts";
import { kindStruct, localObjectReference, objectReference } from "./meta.ts";

const split = struct("IngressBackendSplit", {
  serviceNamespace: required("string"),
  serviceName: required("string"),
  servicePort: required("intOrString"),
  percent: "int32",
  appendHeaders: "map[string]string",
});
const path = struct("HTTPIngressPath", {
  path: "string",
  rewriteHost: "string",
  headers: field({ map: struct("HeaderMatch", { exact: "string" }) }),
  splits: list(split),
  appendHeaders: "map[string]string",
});
const rule = struct("IngressRule", {
  hosts: "[]string",
  visibility: "string",
  http: pointer(struct("HTTPIngressRuleValue", { paths: required(list(path)) })),
});
const tls = struct("IngressTLS", { hosts: "[]string", secretName: "string", secretNamespace: "string" });
const internalKind = (name: string, spec: Parameters<typeof struct>[1]): StructType =>
  kindStruct(name, { spec: required(struct(`${name}Spec`, spec)), status: "*any" });

export const internalStructs: ReadonlyMap<Kind, StructType> = new Map<Kind, StructType>([
  [
    "Ingress.networking.internal.knative.dev",
    internalKind("Ingress", { rules: list(rule), tls: list(tls), httpOption: "string" }),
  ],
  [
    "ServerlessService.networking.internal.knative.dev",
    internalKind("ServerlessService", {
      mode: "string",
      numActivators: "int32",
      objectRef: required(objectReference),
      protocolType: required("string"),
    }),
  ],
  [
    "Certificate.networking.internal.knative.dev",
    internalKind("Certificate", {
      dnsNames: required("[]string"),
      domain: "string",
      secretName: required("string"),
    }),
  ],
  [
    "ClusterDomainClaim.networking.internal.knative.dev",
    internalKind("ClusterDomainClaim", { namespace: required("string") }),
  ],
  [
    "Image.caching.internal.knative.dev",
    internalKind("Image", {
      image: required("string"),
      serviceAccountName: "string",
      imagePullSecrets: list(localObjectReference),
    }),
  ],
  [
    "PodAutoscaler.autoscaling.internal.knative.dev",
    internalKind("PodAutoscaler", {
      containerConcurrency: "int64",
      scaleTargetRef: required(objectReference),
      reachability: "string",
      protocolType: required("string"),
    }),
  ],
  [
    "Metric.autoscaling.internal.knative.dev",
    internalKind("Metric", {
      stableWindow: required("int64"),
      panicWindow: required("int64"),
      scrapeTarget: required("string"),
    }),
  ],
]);
