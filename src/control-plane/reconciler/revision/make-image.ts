// Image objects: the images of a Revision that are worth keeping at hand, one for each container.
// Source: pkg/reconciler/revision/resources/imagecache.go.
import { childName } from "../../../apis/meta/child-name.ts";
import type { Image } from "../../../apis/networking/types.ts";
import type { Revision, RevisionContainerStatus } from "../../../apis/serving/types.ts";
import { controllerReference } from "../ownership.ts";
import { childLabels, deploymentAnnotations } from "./revision-meta.ts";

/** The Images of all init and user containers whose digests are known. */
export function makeImages(revision: Revision): readonly Image[] {
  const { initContainerStatuses = [], containerStatuses = [] } = revision.status ?? {};
  return [...initContainerStatuses, ...containerStatuses].map((container) => makeImage(revision, container));
}

function makeImage(revision: Revision, { name = "", imageDigest = "" }: RevisionContainerStatus): Image {
  const annotations = deploymentAnnotations(revision);
  const { serviceAccountName, imagePullSecrets } = revision.spec;
  return {
    apiVersion: "caching.internal.knative.dev/v1alpha1",
    kind: "Image",
    metadata: {
      name: childName(childName(revision.metadata.name, "-cache"), `-${name}`),
      namespace: revision.metadata.namespace ?? "",
      labels: childLabels(revision),
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
      ownerReferences: [controllerReference(revision)],
    },
    spec: {
      image: imageDigest,
      ...(serviceAccountName ? { serviceAccountName } : {}),
      ...(imagePullSecrets ? { imagePullSecrets } : {}),
    },
  };
}
