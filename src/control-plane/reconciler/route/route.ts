// Plans for a Route: traffic, host names, Certificates, placeholder Services, Ingress and status.
// Source: pkg/reconciler/route/route.go.
import type { ServingConfig } from "../../../apis/config/types.ts";
import { kindOf } from "../../../apis/kinds.ts";
import { routeConditions } from "../../../apis/meta/conditions.ts";
import type { ObjectKey } from "../../../apis/meta/key.ts";
import type { AnyObject, Stored } from "../../../apis/meta/object.ts";
import type { Ingress } from "../../../apis/networking/types.ts";
import { CONFIGURATION_LABEL } from "../../../apis/serving/labels.ts";
import * as lifecycle from "../../../apis/serving/route-lifecycle.ts";
import type { Route, TrafficTarget } from "../../../apis/serving/types.ts";
import { sameJson } from "../../../base/json.ts";
import { ok, type Result } from "../../../base/result.ts";
import type { Reconciler } from "../../controller/reconciler.ts";
import type { View } from "../../store/view.ts";
import { ensureWhole, isAsWanted, routeNames } from "../ownership.ts";
import { defaulted, knativePlanner, type Pass, type ReconcileError } from "../pass.ts";
import type { CertificateOutcome } from "./certificate-holding.ts";
import { reconcileCertificates, reconcileLocalCertificates } from "./certificates.ts";
import { clusterHost, resolveVisibility, urlOfTag, type Visibility } from "./domains.ts";
import { ingressName, makeIngress, rolloutOf, rolloutsOf } from "./make-ingress.ts";
import { reconcilePlaceholders, retargetPlaceholders } from "./placeholder-services.ts";
import { isDone, type Rollout, reconcileRollout } from "./rollout.ts";
import { DEFAULT_TAG, flattenTraffic, type Traffic } from "./traffic.ts";

const KIND = "Route.serving.knative.dev";
type RoutePass = Pass<typeof KIND>;

export const routePlanner: Reconciler<typeof KIND> = knativePlanner({
  name: "route",
  kind: KIND,
  conditions: routeConditions,
  defaulted,
  watches: routesOfTarget,
  reconcile: reconcileRoute,
});

/**
 * Returns the Routes to reconcile. For a Certificate: all Routes of its namespace. For a Configuration or Revision: the
 * Routes in the labeler's annotation, and before the object has a status also the Routes whose spec refers to it.
 */
export function routesOfTarget(changed: AnyObject, view: View): readonly ObjectKey[] {
  const { name, namespace = "", labels } = changed.metadata;
  const kind = kindOf(changed);
  const toKey = (route: string): ObjectKey => ({ kind: KIND, namespace, name: route });
  if (kind === "Certificate.networking.internal.knative.dev") {
    return view.list(KIND, { namespace }).map(({ metadata }) => toKey(metadata.name));
  }
  const isRevision = kind === "Revision.serving.knative.dev";
  if (!isRevision && kind !== "Configuration.serving.knative.dev") return [];
  const marked = routeNames(changed).map(toKey);
  if (changed.status !== undefined) return marked;
  const configuration = isRevision ? labels?.[CONFIGURATION_LABEL] : name;
  const words = [`configuration/${configuration}`, ...(isRevision ? [`revision/${name}`] : [])];
  const awaiting = words.flatMap((value) => view.list(KIND, { namespace, index: { by: targetsOf, value } }));
  return [...marked, ...awaiting.map(({ metadata }) => toKey(metadata.name))];
}

/** Indexes Routes by the targets in their spec. */
function targetsOf(route: AnyObject): readonly string[] {
  return ((route as Route).spec.traffic ?? []).map(({ revisionName, configurationName }) =>
    revisionName ? `revision/${revisionName}` : `configuration/${configurationName}`,
  );
}

function reconcileRoute(pass: RoutePass): ReconcileError {
  const { object: route, world, at } = pass;
  if (route.metadata.generation !== (route.status?.observedGeneration ?? 0)) {
    pass.status = lifecycle.markIngressNotConfigured(pass.status, at);
  }
  const visibility = resolveVisibility(route, world, world.config);
  if (!visibility.ok) return failDomain(pass, visibility.error);
  const url = urlOfTag(route, DEFAULT_TAG, visibility.value, world.config);
  if (!url.ok) return failDomain(pass, url.error);
  pass.status = { ...pass.status, url: url.value };
  const traffic = flattenTraffic(route, world);
  if (traffic.problem) {
    pass.status = lifecycle.markTrafficProblem(pass.status, traffic.problem, at);
    return undefined;
  }
  return reconcileNames(pass, traffic, visibility.value);
}

/** Marks a domain error. An invalid name, which comes from the operator's templates, has a condition of its own. */
function failDomain(pass: RoutePass, error: string): ReconcileError {
  pass.status = error.startsWith("domain name error")
    ? lifecycle.markDomainNameError(pass.status, error, pass.at)
    : lifecycle.markTrafficProblem(pass.status, { failed: false, reason: "Unknown", message: error }, pass.at);
  return error;
}

function reconcileNames(pass: RoutePass, traffic: Traffic, visibility: Visibility): ReconcileError {
  const { object: route, world, at } = pass;
  const { name, namespace } = route.metadata;
  const assigned = statusTraffic(route, traffic, visibility, {}, world.config);
  if (!assigned.ok) return failDomain(pass, assigned.error);
  pass.status = lifecycle.markTrafficAssigned({ ...pass.status, traffic: assigned.value }, at);
  pass.status = { ...pass.status, address: { url: `http://${clusterHost(name, namespace, world.config)}` } };
  const hosts = reconcilePlaceholders(pass, traffic.groups.keys());
  if (!hosts.ok) return hosts.error;
  const certificates = reconcileCertificates(pass, traffic, visibility);
  if (!certificates.ok) return certificates.error;
  const local = reconcileLocalCertificates(pass, traffic);
  if (!local.ok) return local.error;
  const tls = [...certificates.value.tls, ...local.value];
  const ingress = reconcileIngress(pass, traffic, visibility, { ...certificates.value, tls });
  if (!ingress.ok) return ingress.error;
  retargetPlaceholders(pass, hosts.value, ingress.value);
  return undefined;
}

/** Returns the existing Ingress; undefined while this plan creates it. */
function reconcileIngress(
  pass: RoutePass,
  traffic: Traffic,
  visibility: Visibility,
  { tls, challenges }: CertificateOutcome,
): Result<Ingress | undefined> {
  const { object: route, world, plan, at } = pass;
  const { namespace } = route.metadata;
  const existing = world.get("Ingress.networking.internal.knative.dev", namespace, ingressName(route.metadata.name));
  const rollout = reconcileRollout(pass, traffic, existing);
  const wanted = makeIngress({ route, traffic, visibility, rollout, tls, challenges }, world.config);
  if (!wanted.ok) return wanted;
  if (!existing) {
    const message = `Created Ingress "${wanted.value.metadata.name}"`;
    plan.events.push({ type: "Normal", reason: "Created", message });
  }
  if (!existing || !isAsWanted(existing, wanted.value)) plan.ensure.push(ensureWhole(wanted.value));
  if (!isDone(rollout)) {
    const shown = statusTraffic(route, traffic, visibility, rollout, world.config);
    if (!shown.ok) return shown;
    pass.status = lifecycle.markRolloutInProgress({ ...pass.status, traffic: shown.value }, at);
    return ok(existing);
  }
  // The gateway must observe a changed spec only. Labels and annotations make no new generation.
  const sameSpec = existing !== undefined && sameJson(existing.spec, wanted.value.spec);
  const observed = sameSpec && (existing.status?.observedGeneration ?? 0) === existing.metadata.generation;
  pass.status = observed
    ? lifecycle.propagateIngressStatus(pass.status, existing.status ?? {}, at)
    : lifecycle.markIngressNotConfigured(pass.status, at);
  return ok(existing);
}

/** Returns an entry for each target. During a rollout, a latest target has an entry for each of its revisions. */
function statusTraffic(
  route: Stored<Route>,
  traffic: Traffic,
  visibility: Visibility,
  rollout: Rollout,
  config: ServingConfig,
): Result<readonly TrafficTarget[]> {
  const entries: TrafficTarget[] = [];
  for (const target of traffic.targets) {
    const { tag, latestRevision } = target;
    const url = tag === DEFAULT_TAG ? undefined : urlOfTag(route, tag, visibility, config);
    if (url && !url.ok) return url;
    const shares = rolloutOf(target, rolloutsOf(rollout, tag))?.revisions;
    for (const { revisionName, percent } of shares ?? [target]) {
      const named = tag === DEFAULT_TAG ? {} : { tag };
      entries.push({ ...named, revisionName, latestRevision, percent, ...(url ? { url: url.value } : {}) });
    }
  }
  return ok(entries);
}
