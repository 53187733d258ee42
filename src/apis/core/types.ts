// Defines the types of the built-in kinds (core/v1, apps/v1).
import type { AnyObject, ClusterMeta, CoreMeta, StringMap } from "../meta/object.ts";
import type { IntOrString, PodSpec, Quantity, ResourceRequirements } from "./pod-spec.ts";

interface ContainerStateRunning {
  readonly startedAt?: string;
}
interface ContainerStateWaiting {
  readonly reason?: string;
  readonly message?: string;
}
interface ContainerStateTerminated {
  readonly exitCode: number;
  readonly signal?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly containerID?: string;
}
export interface ContainerState {
  readonly running?: ContainerStateRunning;
  readonly waiting?: ContainerStateWaiting;
  readonly terminated?: ContainerStateTerminated;
}
export interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly started?: boolean;
  readonly restartCount: number;
  readonly image: string;
  readonly imageID: string;
  readonly containerID?: string;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}
/**
 * Condition of a built-in kind. Unlike Knative's Condition it has no `severity`; Pods have `lastProbeTime`, Deployments
 * `lastUpdateTime`.
 */
export interface CoreCondition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
  readonly lastProbeTime?: string | null;
  readonly lastUpdateTime?: string;
}
export type PodPhase = "Pending" | "Running" | "Succeeded" | "Failed" | "Unknown";
export interface PodStatus {
  readonly phase?: PodPhase;
  readonly conditions?: readonly CoreCondition[];
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly initContainerStatuses?: readonly ContainerStatus[];
  readonly podIP?: string;
  readonly podIPs?: readonly { readonly ip: string }[];
  readonly hostIP?: string;
  readonly startTime?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly qosClass?: string;
}
/** An object of a namespaced core kind. */
interface CoreObject extends AnyObject {
  readonly metadata: CoreMeta;
}
export interface Pod extends CoreObject {
  readonly kind: "Pod";
  readonly spec: PodSpec & { readonly nodeName?: string; readonly hostname?: string };
  readonly status?: PodStatus;
}

export interface LabelSelector {
  readonly matchLabels?: StringMap;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}
interface PodTemplate {
  readonly metadata?: Partial<CoreMeta>;
  readonly spec: PodSpec;
}
export interface DeploymentStatus {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly updatedReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly unavailableReplicas?: number;
  readonly conditions?: readonly CoreCondition[];
}
export interface Deployment extends AnyObject {
  readonly kind: "Deployment";
  readonly spec: {
    readonly replicas?: number;
    readonly selector: LabelSelector;
    readonly template: PodTemplate;
    readonly strategy?: unknown;
    readonly progressDeadlineSeconds?: number;
    readonly revisionHistoryLimit?: number;
    readonly minReadySeconds?: number;
  };
  readonly status?: DeploymentStatus;
}

export interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly protocol?: string;
  readonly appProtocol?: string;
  readonly targetPort?: IntOrString;
  readonly nodePort?: number;
}
/** Kubernetes' Service; Knative's Service is in serving/types.ts. */
export interface CoreService extends CoreObject {
  readonly apiVersion: "v1";
  readonly kind: "Service";
  readonly spec: {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly clusterIPs?: readonly string[];
    readonly externalName?: string;
    readonly selector?: StringMap;
    readonly ports?: readonly ServicePort[];
    readonly sessionAffinity?: string;
  };
  readonly status?: { readonly loadBalancer?: unknown };
}
interface ObjectReference {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly uid?: string;
}
interface EndpointAddress {
  readonly ip: string;
  readonly nodeName?: string;
  readonly targetRef?: ObjectReference;
}
export interface EndpointSubset {
  readonly addresses?: readonly EndpointAddress[];
  readonly notReadyAddresses?: readonly EndpointAddress[];
  readonly ports?: readonly {
    readonly name?: string;
    readonly port: number;
    readonly protocol?: string;
    readonly appProtocol?: string;
  }[];
}
export interface Endpoints extends CoreObject {
  readonly kind: "Endpoints";
  readonly subsets?: readonly EndpointSubset[];
}
export interface ConfigMap extends CoreObject {
  readonly kind: "ConfigMap";
  readonly data?: StringMap;
  readonly binaryData?: StringMap;
  readonly immutable?: boolean;
}
export interface Secret extends CoreObject {
  readonly kind: "Secret";
  readonly type?: string;
  /** Values are base64, as in the API. */
  readonly data?: StringMap;
  readonly stringData?: StringMap;
  readonly immutable?: boolean;
}
export interface Namespace extends AnyObject {
  readonly metadata: CoreMeta & ClusterMeta;
  readonly kind: "Namespace";
  readonly spec?: { readonly finalizers?: readonly string[] };
  readonly status?: { readonly phase?: string };
}
export interface Node extends AnyObject {
  readonly metadata: CoreMeta & ClusterMeta;
  readonly kind: "Node";
  readonly status?: {
    readonly capacity?: Readonly<Record<string, string>>;
    readonly allocatable?: Readonly<Record<string, string>>;
    readonly conditions?: readonly CoreCondition[];
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
  };
}
export interface ServiceAccount extends CoreObject {
  readonly kind: "ServiceAccount";
  readonly imagePullSecrets?: readonly { readonly name?: string }[];
  readonly secrets?: readonly { readonly name?: string }[];
}
export interface ResourceQuota extends CoreObject {
  readonly kind: "ResourceQuota";
  readonly spec?: { readonly hard?: Readonly<Record<string, Quantity>> };
}
export interface PersistentVolumeClaim extends CoreObject {
  readonly kind: "PersistentVolumeClaim";
  readonly spec?: {
    readonly accessModes?: readonly string[];
    readonly resources?: ResourceRequirements;
    readonly storageClassName?: string;
  };
}
/** coordination.k8s.io/v1. knap only stores Leases; programs that elect a leader write them. */
export interface Lease extends AnyObject {
  readonly kind: "Lease";
  readonly spec?: { readonly holderIdentity?: string };
}
/** core/v1 Event. */
export interface Event extends CoreObject {
  readonly kind: "Event";
  readonly involvedObject: ObjectReference;
  readonly type?: "Normal" | "Warning";
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly firstTimestamp?: string;
  readonly lastTimestamp?: string;
  readonly source?: { readonly component?: string };
  readonly eventTime?: string | null;
  readonly reportingComponent?: string;
}
