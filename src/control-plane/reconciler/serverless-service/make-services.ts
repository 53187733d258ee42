// The two Services of a ServerlessService and the public one's Endpoints: the public one is what routes point at, the private one selects pods.
// Source: pkg/reconciler/serverlessservice/resources/services.go.
import type { CoreService, EndpointSubset, Endpoints, ServicePort } from "../../../apis/core/types.ts";
import { childName } from "../../../apis/meta/child-name.ts";
import type { ObjectMeta, StringMap } from "../../../apis/meta/object.ts";
import type { ServerlessService } from "../../../apis/networking/types.ts";
import { controllerReference } from "../ownership.ts";

/** Names the ServerlessService of a Service or Endpoints. */
export const SERVERLESS_SERVICE_LABEL = "networking.internal.knative.dev/serverlessservice";
const SERVICE_TYPE_LABEL = "networking.internal.knative.dev/serviceType";
const HTTPS_BACKEND = 8112;

type Protocol = ServerlessService["spec"]["protocolType"];
const portName = (protocol: Protocol): string => (protocol === "h2c" ? "http2" : "http");
/** Where queue-proxy and activator listen. */
const backendPort = (protocol: Protocol): number => (protocol === "h2c" ? 8013 : 8012);

export function privateServiceName(sks: ServerlessService): string {
  return childName(sks.metadata.name, "-private");
}

/** Without a selector: its Endpoints are written by the planner. */
export function makePublicService(sks: ServerlessService): CoreService {
  const { protocolType } = sks.spec;
  const http = servingPort(protocolType, protocolType === "h2c" ? 81 : 80);
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadataOf(sks, sks.metadata.name, "Public"),
    spec: { ports: [http, tcp("https", 443, HTTPS_BACKEND)] },
  };
}

/** The port behind which requests are served, told to be HTTP/2 where it is. */
function servingPort(protocolType: ServerlessService["spec"]["protocolType"], port: number): ServicePort {
  return {
    ...tcp(portName(protocolType), port, backendPort(protocolType)),
    ...(protocolType === "h2c" && { appProtocol: "kubernetes.io/h2c" }),
  };
}

/** Selects the pods of the revision. */
export function makePrivateService(sks: ServerlessService, selector: StringMap): CoreService {
  const { protocolType } = sks.spec;
  const name = portName(protocolType);
  const backend = backendPort(protocolType);
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadataOf(sks, privateServiceName(sks), "Private"),
    spec: {
      selector,
      ports: [
        servingPort(protocolType, 80),
        tcp("https", 443, HTTPS_BACKEND),
        tcp("http-autometric", 9090, "http-autometric"),
        tcp("http-usermetric", 9091, "http-usermetric"),
        tcp(`${name}-istio`, backend, backend),
      ],
    },
  };
}

/** The public Endpoints: those of the pods or of activators, with the serving ports only. */
export function makePublicEndpoints(sks: ServerlessService, subsets: readonly EndpointSubset[]): Endpoints {
  const serving = [backendPort(sks.spec.protocolType), HTTPS_BACKEND];
  const kept = subsets.map((subset) => ({
    ...subset,
    ports: (subset.ports ?? []).filter(({ port }) => serving.includes(port)),
  }));
  return {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: metadataOf(sks, sks.metadata.name, "Public"),
    ...(kept.length > 0 && { subsets: kept }),
  };
}

function tcp(name: string, port: number, targetPort: number | string): ServicePort {
  return { name, protocol: "TCP", port, targetPort };
}

function metadataOf(sks: ServerlessService, name: string, type: "Public" | "Private"): ObjectMeta {
  const { namespace = "", labels, annotations } = sks.metadata;
  return {
    name,
    namespace,
    labels: { ...labels, [SERVERLESS_SERVICE_LABEL]: sks.metadata.name, [SERVICE_TYPE_LABEL]: type },
    ...(annotations && { annotations }),
    ownerReferences: [controllerReference(sks)],
  };
}
