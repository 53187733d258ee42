// Derives EndpointSlices from Endpoints, one for each set of ports. In a cluster two controllers write them, for
// Services with a selector (endpointslice) and for Endpoints of other writers (endpointslicemirroring).
import { isIPv6 } from "node:net";
import type { EndpointSlice } from "../../apis/core/derived-types.ts";
import type { EndpointSubset, Endpoints } from "../../apis/core/types.ts";
import type { OwnerReference, Stored } from "../../apis/meta/object.ts";
import { md5Hex } from "../../base/hash.ts";
import { controllerReference } from "../../control-plane/reconciler/ownership.ts";
import { derivedMetadata } from "./derived-metadata.ts";
import { derivation } from "./derived-reader.ts";

const SUFFIX_LENGTH = 5;
const MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
/** The label of Endpoints that a controller writes. */
const ENDPOINTS_MANAGED_BY = "endpoints.kubernetes.io/managed-by";

export const endpointSlices = derivation(
  "Endpoints",
  (name) => name.slice(0, -SUFFIX_LENGTH - 1),
  (endpoints) => {
    const { subsets = [] } = endpoints;
    // A Service without endpoints has one empty EndpointSlice.
    const parts = subsets.length > 0 ? subsets : [{}];
    return parts.map((subset, index) => makeSlice(endpoints, subset, index));
  },
);

function makeSlice(endpoints: Stored<Endpoints>, subset: EndpointSubset, index: number): Stored<EndpointSlice> {
  const { name, uid, annotations, labels = {}, ownerReferences = [] } = endpoints.metadata;
  const service = ownerReferences.find(({ kind }) => kind === "Service");
  const isManaged = service !== undefined && labels[ENDPOINTS_MANAGED_BY] !== undefined;
  const { [ENDPOINTS_MANAGED_BY]: _, ...copied } = labels;
  const manager = isManaged ? "endpointslice-controller.k8s.io" : "endpointslicemirroring-controller.k8s.io";
  const owner: OwnerReference = isManaged
    ? { ...service, controller: true, blockOwnerDeletion: true }
    : controllerReference(endpoints);
  const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
  const endpointOf = (address: (typeof addresses)[number], ready: boolean): EndpointSlice["endpoints"][number] => ({
    addresses: [address.ip],
    conditions: { ready, serving: ready, terminating: false },
    ...(address.targetRef && { targetRef: address.targetRef }),
    ...(address.nodeName !== undefined && { nodeName: address.nodeName }),
  });
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: derivedMetadata(endpoints, {
      kind: "EndpointSlice",
      name: `${name}-${md5Hex(`${uid} ${index}`).slice(0, SUFFIX_LENGTH)}`,
      generateName: `${name}-`,
      labels: { ...copied, "kubernetes.io/service-name": name, [MANAGED_BY]: manager },
      ...(!isManaged && annotations && { annotations }),
      owner,
    }) as Stored<EndpointSlice>["metadata"],
    addressType: isIPv6([...addresses, ...notReadyAddresses][0]?.ip ?? "") ? "IPv6" : "IPv4",
    endpoints: [
      ...addresses.map((address) => endpointOf(address, true)),
      ...notReadyAddresses.map((address) => endpointOf(address, false)),
    ],
    ports: ports.map(({ name: port = "", protocol = "TCP", ...rest }) => ({ name: port, protocol, ...rest })),
  };
}
