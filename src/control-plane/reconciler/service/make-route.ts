// The Route of a Service: same name, its traffic with the Configuration filled in.
// Source: pkg/reconciler/service/resources/route.go.

import { LAST_APPLIED_ANNOTATION, SERVICE_LABEL, without } from "../../../apis/serving/labels.ts";
import type { Route, Service } from "../../../apis/serving/types.ts";
import { controllerReference } from "../ownership.ts";

/** The whole Route. */
export function makeRoute(service: Service): Route {
  const { name, namespace = "", labels } = service.metadata;
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
