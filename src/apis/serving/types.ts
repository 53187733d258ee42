// Defines the kinds of serving.knative.dev: Service, Configuration, Revision, Route (v1) and DomainMapping (v1beta1).
// Source: pkg/apis/serving/v1/*_types.go.
import type { PodSpec } from "../core/pod-spec.ts";
import type { ConditionedStatus } from "../meta/conditions.ts";
import type { AnyObject, ObjectMeta } from "../meta/object.ts";

export interface RevisionSpec extends PodSpec {
  readonly containerConcurrency?: number;
  readonly timeoutSeconds?: number;
  readonly responseStartTimeoutSeconds?: number;
  readonly idleTimeoutSeconds?: number;
}
export interface RevisionTemplate {
  readonly metadata?: Partial<ObjectMeta>;
  readonly spec: RevisionSpec;
}
export interface TrafficTarget {
  readonly tag?: string;
  readonly revisionName?: string;
  readonly configurationName?: string;
  readonly latestRevision?: boolean;
  readonly percent?: number;
  /** URL of the tag; only in statuses. */
  readonly url?: string;
}
export interface Addressable {
  readonly url?: string;
}

export interface ServiceStatus extends ConditionedStatus {
  readonly latestReadyRevisionName?: string;
  readonly latestCreatedRevisionName?: string;
  readonly url?: string;
  readonly address?: Addressable;
  readonly traffic?: readonly TrafficTarget[];
}
export interface Service extends AnyObject {
  readonly apiVersion: "serving.knative.dev/v1";
  readonly kind: "Service";
  readonly spec: { readonly template: RevisionTemplate; readonly traffic?: readonly TrafficTarget[] };
  readonly status?: ServiceStatus;
}

export interface ConfigurationStatus extends ConditionedStatus {
  readonly latestReadyRevisionName?: string;
  readonly latestCreatedRevisionName?: string;
}
export interface Configuration extends AnyObject {
  readonly apiVersion: "serving.knative.dev/v1";
  readonly kind: "Configuration";
  readonly spec: { readonly template: RevisionTemplate };
  readonly status?: ConfigurationStatus;
}

export interface RevisionContainerStatus {
  readonly name?: string;
  readonly imageDigest?: string;
}
export interface RevisionStatus extends ConditionedStatus {
  readonly logUrl?: string;
  readonly containerStatuses?: readonly RevisionContainerStatus[];
  readonly initContainerStatuses?: readonly RevisionContainerStatus[];
  readonly actualReplicas?: number;
  readonly desiredReplicas?: number;
}
export interface Revision extends AnyObject {
  readonly apiVersion: "serving.knative.dev/v1";
  readonly kind: "Revision";
  readonly spec: RevisionSpec;
  readonly status?: RevisionStatus;
}

export interface RouteStatus extends ConditionedStatus {
  readonly url?: string;
  readonly address?: Addressable;
  readonly traffic?: readonly TrafficTarget[];
}
export interface Route extends AnyObject {
  readonly apiVersion: "serving.knative.dev/v1";
  readonly kind: "Route";
  readonly spec: { readonly traffic?: readonly TrafficTarget[] };
  readonly status?: RouteStatus;
}

export interface DomainMappingStatus extends ConditionedStatus {
  readonly url?: string;
  readonly address?: Addressable;
}
export interface DomainMapping extends AnyObject {
  readonly apiVersion: "serving.knative.dev/v1beta1";
  readonly kind: "DomainMapping";
  readonly spec: {
    readonly ref: {
      readonly kind?: string;
      readonly name?: string;
      readonly apiVersion?: string;
      readonly namespace?: string;
      readonly group?: string;
      readonly address?: string;
    };
    readonly tls?: { readonly secretName: string };
  };
  readonly status?: DomainMappingStatus;
}
