// Defines the types of the kinds that the API server derives from stored objects, and of reviews.
import type { AnyObject, ClusterMeta, CoreMeta } from "../meta/object.ts";
import type { CoreCondition, Deployment, EndpointSubset, Event } from "./types.ts";

/** discovery.k8s.io/v1. */
export interface EndpointSlice extends AnyObject {
  readonly kind: "EndpointSlice";
  readonly addressType: "IPv4" | "IPv6";
  readonly endpoints: readonly {
    readonly addresses: readonly string[];
    readonly conditions: { readonly ready: boolean; readonly serving: boolean; readonly terminating: boolean };
    readonly nodeName?: string;
    readonly targetRef?: NonNullable<EndpointSubset["addresses"]>[number]["targetRef"];
  }[];
  readonly ports: readonly {
    readonly name: string;
    readonly protocol: string;
    readonly port: number;
    readonly appProtocol?: string;
  }[];
}

/** apps/v1. */
export interface ReplicaSet extends AnyObject {
  readonly kind: "ReplicaSet";
  readonly spec: Pick<Deployment["spec"], "replicas" | "minReadySeconds" | "selector" | "template">;
  readonly status: {
    readonly replicas: number;
    readonly fullyLabeledReplicas: number;
    readonly readyReplicas: number;
    readonly availableReplicas: number;
    readonly observedGeneration: number;
  };
}

/** apiextensions.k8s.io/v1. */
export interface CustomResourceDefinition extends AnyObject {
  readonly metadata: ClusterMeta;
  readonly kind: "CustomResourceDefinition";
  readonly spec: { readonly group: string; readonly scope: string; readonly [field: string]: unknown };
  readonly status: { readonly conditions: readonly CoreCondition[]; readonly [field: string]: unknown };
}

/** A question about rights or identity, which the API answers and does not store. */
export interface Review extends AnyObject {
  readonly kind: `${string}Review`;
}

/** events.k8s.io/v1. The core group has the same Events in another form. */
export interface EventV1 extends AnyObject {
  readonly metadata: CoreMeta;
  readonly kind: "Event";
  readonly regarding: Event["involvedObject"];
  readonly type?: string;
  readonly reason?: string;
  readonly note?: string;
  readonly eventTime?: string | null;
  readonly reportingController?: string;
  readonly deprecatedCount?: number;
  readonly deprecatedFirstTimestamp?: string;
  readonly deprecatedLastTimestamp?: string;
  readonly deprecatedSource?: Event["source"];
}
