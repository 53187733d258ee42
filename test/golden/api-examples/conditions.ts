// Examples `conditions/*`: the conditions after each lifecycle step of a kind.
import type { Condition, ConditionSet } from "../../../src/apis/meta/conditions.ts";
import {
  configurationConditions,
  domainMappingConditions,
  revisionConditions,
  routeConditions,
  serviceConditions,
} from "../../../src/apis/meta/conditions.ts";
import * as configuration from "../../../src/apis/serving/configuration-lifecycle.ts";
import * as domain from "../../../src/apis/serving/domain-mapping-lifecycle.ts";
import * as revision from "../../../src/apis/serving/revision-lifecycle.ts";
import * as route from "../../../src/apis/serving/route-lifecycle.ts";
import * as service from "../../../src/apis/serving/service-lifecycle.ts";
import type { Verdict } from "../case.ts";
import { judge } from "./examples.ts";

type Status = { readonly conditions?: readonly Condition[] };
type Steps = Readonly<Record<string, (status: never, at: string) => Status>>;
interface RecordedStep {
  readonly step: string;
  readonly conditions: readonly (Condition & { lastTransitionTime: null })[];
}

const ready = (status: Condition["status"], reason = "", message = ""): Status => ({
  conditions: [{ type: "Ready", status, ...(reason ? { reason } : {}), ...(message ? { message } : {}) }],
});
const ofDeployment = (type: string, status: Condition["status"], reason: string, message: string) => ({
  conditions: [{ type, status, reason, message }],
});
const pa = (status: Condition["status"], reason: string, message: string, more: object = {}) => ({
  serviceName: "x",
  conditions: [{ type: "Ready", status, reason, message }],
  ...more,
});
const MISSING = "RevisionMissing";
const WAITING = 'Configuration "hello" is waiting for a Revision to become ready.';
const BOOM = 'Revision "hello-00002" failed with message: Container failed with: boom.';
const BUFFERED = "Requests to the target are being buffered as resources are provisioned.";
const problem = (failed: boolean, reason: string, message: string) => (status: Status, at: string) =>
  route.markTrafficProblem(status, { failed, reason, message }, at);

const serviceSteps = {
  "children just created": (s: Status, at: string) =>
    service.markRouteOutOfDate(service.markConfigurationOutOfDate(s, at), at),
  "configuration waiting, route waiting": (s: Status, at: string) =>
    service.propagateRouteStatus(
      service.propagateConfigurationStatus(s, ready("Unknown"), at),
      ready("Unknown", MISSING, WAITING),
      at,
    ),
  "configuration ready, traffic not migrated": (s: Status, at: string) => {
    const next = service.propagateConfigurationStatus(s, ready("True"), at);
    return service.markTrafficNotMigrated(service.propagateRouteStatus(next, ready("True"), at), at);
  },
  ready: (s: Status, at: string) => service.propagateRouteStatus(s, ready("True"), at),
  "new revision failed, route still ready": (s: Status, at: string) =>
    service.propagateConfigurationStatus(s, ready("False", "RevisionFailed", BOOM), at),
  "revision name taken": (s: Status, at: string) => service.markRevisionNameTaken(s, "hello-v1", at),
  "configuration not owned": (s: Status, at: string) => service.markConfigurationNotOwned(s, "hello", at),
  "route not owned": (s: Status, at: string) => service.markRouteNotOwned(s, "hello", at),
};
const configurationSteps = {
  "revision created": (s: Status, at: string) => configuration.markLatestCreatedRevision(s, "hello-00001", at),
  "revision ready": (s: Status, at: string) => configuration.markLatestReadyRevision(s, "hello-00001", at),
  "second created": (s: Status, at: string) => configuration.markLatestCreatedRevision(s, "hello-00002", at),
  "second failed": (s: Status, at: string) =>
    configuration.markLatestCreatedFailed(s, "hello-00002", "Container failed with: boom", at),
  "creation failed": (s: Status, at: string) =>
    configuration.markRevisionCreationFailed(s, 'revisions.serving.knative.dev "hello-v1" already exists', at),
};
const routeSteps = {
  "first reconcile of a generation": route.markIngressNotConfigured,
  "config not ready": problem(false, MISSING, WAITING),
  "config failed": problem(true, MISSING, 'Configuration "hello" does not have any ready Revision.'),
  "missing revision": problem(true, MISSING, 'Revision "hello-00009" referenced in traffic not found.'),
  "missing configuration": problem(
    true,
    "ConfigurationMissing",
    'Configuration "nope" referenced in traffic not found.',
  ),
  "revision not ready": problem(false, MISSING, 'Revision "hello-00002" is not yet ready.'),
  "revision failed": problem(true, MISSING, 'Revision "hello-00002" failed to become ready.'),
  "revision of other service": problem(
    true,
    "RevisionNotOwned",
    'Revision "other-00001" belongs to Service "other", not Service "hello".',
  ),
  "revision of no service": problem(true, "RevisionNotOwned", 'Revision "x-00001" does not belong to Service "hello".'),
  "traffic assigned": route.markTrafficAssigned,
  "tls off": (s: Status, at: string) => route.markTlsNotEnabled(s, "external-domain-tls is not enabled", at),
  "ingress has no status": (s: Status, at: string) => route.propagateIngressStatus(s, {}, at),
  "ingress lb not ready": (s: Status, at: string) =>
    route.propagateIngressStatus(s, ready("Unknown", "Uninitialized", "Waiting for load balancer to be ready"), at),
  "ingress ready": (s: Status, at: string) => route.propagateIngressStatus(s, ready("True"), at),
  "rollout running": route.markRolloutInProgress,
  "placeholder service not owned": (s: Status, at: string) => route.markPlaceholderNotOwned(s, "Service", "hello", at),
  "template error": (s: Status, at: string) => route.markDomainNameError(s, "domain name error: x", at),
};
const domainSteps = {
  "claim not owned": domain.markDomainClaimNotOwned,
  claimed: domain.markDomainClaimed,
  "tls off": (s: Status, at: string) => domain.markDomainTlsNotEnabled(s, "external-domain-tls is not enabled", at),
  "ref not resolved": (s: Status, at: string) =>
    domain.markReferenceNotResolved(
      s,
      'failed to get object default/hello: services.serving.knative.dev "hello" not found',
      at,
    ),
  "ref resolved": domain.markReferenceResolved,
  "ingress not configured": domain.markDomainIngressNotConfigured,
  "tls given": domain.markCertificateProvided,
};
const timedOut = pa("False", "TimedOut", "The target could not be activated.");
const initialized = (status: Condition["status"], reason = "", message = "") => ({
  serviceName: "x",
  conditions: [
    { type: "ScaleTargetInitialized", status: "True" as const },
    { type: "Ready", status, reason, message },
  ],
});
const revisionSteps = {
  "initialised+deploying": revision.markDeploying,
  "digest resolution pending": revision.markResolvingDigests,
  "deployment just created": revision.markDeploying,
  "pod autoscaler just created (no conditions)": (s: Status, at: string) =>
    revision.propagateAutoscalerStatus(s, {}, at),
  "deployment progressing, PA queued": (s: Status, at: string) =>
    revision.propagateAutoscalerStatus(
      revision.propagateDeploymentStatus(s, ofDeployment("Progressing", "True", "ReplicaSetUpdated", ""), at),
      pa("Unknown", "Queued", BUFFERED),
      at,
    ),
  "pod ready, PA active and initialised": (s: Status, at: string) =>
    revision.propagateAutoscalerStatus(s, initialized("True"), at),
  "scaled to zero": (s: Status, at: string) =>
    revision.propagateAutoscalerStatus(
      s,
      initialized("False", "NoTraffic", "The target is not receiving traffic."),
      at,
    ),
  "container exited 1": (s: Status, at: string) =>
    revision.propagateAutoscalerStatus(
      revision.markContainerExiting(s, 1, "boom", at),
      pa("Unknown", "Queued", BUFFERED),
      at,
    ),
  "progress deadline": (s: Status, at: string) =>
    revision.propagateAutoscalerStatus(
      revision.propagateDeploymentStatus(
        s,
        ofDeployment("Progressing", "False", "ProgressDeadlineExceeded", 'ReplicaSet "x" has timed out progressing.'),
        at,
      ),
      timedOut,
      at,
    ),
  "PA gave up": (s: Status, at: string) => revision.propagateAutoscalerStatus(s, timedOut, at),
  quota: (s: Status, at: string) =>
    revision.propagateDeploymentStatus(
      s,
      ofDeployment("ReplicaFailure", "True", "FailedCreate", "pods is forbidden: exceeded quota"),
      at,
    ),
  "pod unschedulable": (s: Status, at: string) =>
    revision.markResourcesUnavailable(s, { reason: "Unschedulable", message: "0/1 nodes are available" }, at),
  "digest failed": (s: Status, at: string) =>
    revision.markContainerMissing(
      s,
      'Unable to fetch image "ghcr.io/acme/nope:1": failed to resolve image to digest: HEAD ' +
        "https://ghcr.io/v2/acme/nope/manifests/1: unexpected status code 404 Not Found " +
        "(HEAD responses have no body, use GET for details)",
      at,
    ),
};
const kinds: readonly (readonly [string, ConditionSet, Steps])[] = [
  ["service", serviceConditions, serviceSteps],
  ["configuration", configurationConditions, configurationSteps],
  ["route", routeConditions, routeSteps],
  ["domain-mapping", domainMappingConditions, domainSteps],
  ["revision", revisionConditions, revisionSteps],
];

export function judgeConditions(name: string, recorded: readonly RecordedStep[]): readonly Verdict[] {
  const [, set, steps] = kinds.find(([kind]) => name.startsWith(`conditions/${kind}`)) ?? kinds[0]!;
  let status: Status = {};
  return recorded.map(({ step, conditions }, index) => {
    const at = `2024-05-01T10:00:${String(index).padStart(2, "0")}Z`;
    const apply = steps[step];
    if (step === "initialised") status = { conditions: set.initialise([], at) };
    else if (apply) status = apply(initialised(status, set, at) as never, at);
    else return { name: `${name}: ${step}`, passed: false, why: "no step of that name" };
    return judge(`${name}: ${step}`, conditions.map(untimed), (status.conditions ?? []).map(untimed));
  });
}

function initialised(status: Status, set: ConditionSet, at: string): Status {
  return { ...status, conditions: set.initialise(status.conditions ?? [], at) };
}

function untimed({
  lastTransitionTime: _time,
  ...condition
}: Omit<Condition, "lastTransitionTime"> & { lastTransitionTime?: unknown }): object {
  return condition;
}
