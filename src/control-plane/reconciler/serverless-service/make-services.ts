// Makes the two Services of a ServerlessService. Ingresses refer to the public one; the private one selects pods.
// Source: pkg/reconciler/serverlessservice/resources/services.go.
import type { CoreService, EndpointSubset, Endpoints, ServicePort } from "../../../apis/core/types.ts";
import { childName } from "../../../apis/meta/names.ts";
import type { CoreMeta, Stored, StringMap } from "../../../apis/meta/object.ts";
import {
  AUTOSCALING_METRICS_PORT,
  BACKEND_HTTPS_PORT,
  backendPort,
  USER_METRICS_PORT,
} from "../../../apis/networking/ports.ts";
import type { ServerlessService } from "../../../apis/networking/types.ts";
import { SERVERLESS_SERVICE_LABEL, SERVICE_TYPE_LABEL } from "../../../apis/serving/labels.ts";
import { controllerReference } from "../ownership.ts";

type Protocol = ServerlessService["spec"]["protocolType"];
const portName = (protocol: Protocol): string => (protocol === "h2c" ? "http2" : "http");

export function privateServiceName(sks: Stored<ServerlessService>): string {
  return childName(sks.metadata.name, "-private");
}

/** Makes a Service without selector, because the reconciler writes its Endpoints. */
export function makePublicService(sks: Stored<ServerlessService>): CoreService {
  const { protocolType } = sks.spec;
  const http = servingPort(protocolType, protocolType === "h2c" ? 81 : 80);
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadataOf(sks, sks.metadata.name, "Public"),
    spec: { ports: [http, tcp("https", 443, BACKEND_HTTPS_PORT)] },
  };
}

function servingPort(protocolType: ServerlessService["spec"]["protocolType"], port: number): ServicePort {
  return {
    ...tcp(portName(protocolType), port, backendPort(protocolType)),
    ...(protocolType === "h2c" && { appProtocol: "kubernetes.io/h2c" }),
  };
}

export function makePrivateService(sks: Stored<ServerlessService>, selector: StringMap): CoreService {
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
        tcp("https", 443, BACKEND_HTTPS_PORT),
        tcp("http-autometric", AUTOSCALING_METRICS_PORT, "http-autometric"),
        tcp("http-usermetric", USER_METRICS_PORT, "http-usermetric"),
        tcp(`${name}-istio`, backend, backend),
      ],
    },
  };
}

/** Makes Endpoints of pods or activators with the serving ports only. */
export function makePublicEndpoints(sks: Stored<ServerlessService>, subsets: readonly EndpointSubset[]): Endpoints {
  const serving = [backendPort(sks.spec.protocolType), BACKEND_HTTPS_PORT];
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

function metadataOf(sks: Stored<ServerlessService>, name: string, type: "Public" | "Private"): CoreMeta {
  const { namespace, labels, annotations } = sks.metadata;
  return {
    name,
    namespace,
    labels: { ...labels, [SERVERLESS_SERVICE_LABEL]: sks.metadata.name, [SERVICE_TYPE_LABEL]: type },
    ...(annotations && { annotations }),
    ownerReferences: [controllerReference(sks)],
  };
}
