// Makes the Configuration and the Route of a Service.
// Source: pkg/reconciler/service/resources/configuration.go.
import type { Stored } from "../../../apis/meta/object.ts";
import {
  LAST_APPLIED_ANNOTATION,
  ROLLOUT_DURATION_ANNOTATIONS,
  ROUTES_ANNOTATION,
  SERVICE_LABEL,
  SERVICE_UID_LABEL,
  without,
} from "../../../apis/serving/labels.ts";
import type { Configuration, Route, Service } from "../../../apis/serving/types.ts";
import { controllerReference, routeNames, routesText } from "../ownership.ts";

const NOT_HANDED_ON: readonly string[] = [LAST_APPLIED_ANNOTATION, ...ROLLOUT_DURATION_ANNOTATIONS];

/** Keeps the Routes in the annotation of the existing Configuration. */
export function makeConfiguration(service: Stored<Service>, existing?: Configuration): Configuration {
  const { name, namespace, uid, labels, annotations } = service.metadata;
  const routes = new Set([...routeNames(existing), name]);
  return {
    apiVersion: "serving.knative.dev/v1",
    kind: "Configuration",
    metadata: {
      name,
      namespace,
      labels: { ...labels, [SERVICE_LABEL]: name, [SERVICE_UID_LABEL]: uid },
      annotations: {
        ...without(annotations, (key) => NOT_HANDED_ON.includes(key)),
        [ROUTES_ANNOTATION]: routesText(routes),
      },
      ownerReferences: [controllerReference(service)],
    },
    spec: { template: service.spec.template },
  };
}

export function makeRoute(service: Stored<Service>): Route {
  const { name, namespace, labels } = service.metadata;
  const annotations = without(service.metadata.annotations, (key) => key === LAST_APPLIED_ANNOTATION);
  const traffic = (service.spec.traffic ?? []).map((target) =>
    target.revisionName ? target : { ...target, configurationName: name },
  );
  return {
    apiVersion: "serving.knative.dev/v1",
    kind: "Route",
    metadata: {
      name,
      namespace,
      labels: { ...labels, [SERVICE_LABEL]: name },
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
      ownerReferences: [controllerReference(service)],
    },
    spec: { traffic },
  };
}
