// Makes the answers of `GET /live` and `GET /explain` of the API group knap.dev.
import type { RevisionKey } from "../apis/autoscaling/types.ts";
import type { ServingConfig } from "../apis/config/types.ts";
import { namespacedName, parseNamespacedName } from "../apis/meta/key.ts";
import type { Time } from "../base/clock.ts";
import { timeOfDay } from "../base/local-time.ts";
import { timeText } from "../base/time.ts";
import type { ColdStart, HttpsListener, Live, LiveRevision, PodStart } from "../client/live.ts";
import { explainScale } from "../control-plane/autoscaler/explain.ts";
import type { LedgerEntry } from "../control-plane/autoscaler/ledger.ts";
import type { AutoscalerTick } from "../control-plane/autoscaler/tick.ts";
import type { Controller } from "../control-plane/controller/controller.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import type { Activator } from "../data-plane/activator/activator.ts";
import type { IngressGateway } from "../data-plane/ingress/ingress.ts";

/** The parts of the control plane that the endpoints of knap.dev use. */
export interface Control {
  readonly controller: Controller;
  readonly store: ObjectStore;
  readonly tick: AutoscalerTick;
  readonly config: () => ServingConfig;
}

export interface LiveOptions {
  readonly control: Control;
  readonly activator: Activator;
  readonly gateway: IngressGateway;
  readonly coldStarts: () => readonly ColdStart[];
  readonly podStarts: () => readonly PodStart[];
  readonly https: () => HttpsListener | undefined;
  readonly builds: () => Live["builds"];
}

export function gatherLive(options: LiveOptions, now: Time): Live {
  const revisions = options.control.store.list("Revision.serving.knative.dev");
  return {
    time: now,
    revisions: Object.fromEntries(
      revisions.map(({ metadata }) => {
        const key: RevisionKey = namespacedName(metadata);
        return [key, gatherRevision(options, key, now)];
      }),
    ),
    services: observedSplits(options.gateway),
    coldStarts: options.coldStarts(),
    podStarts: options.podStarts(),
    https: options.https(),
    builds: options.builds(),
  };
}

function gatherRevision(options: LiveOptions, key: RevisionKey, now: Time): LiveRevision {
  const { control, activator } = options;
  const { store, tick } = control;
  const { namespace, name } = parseNamespacedName(key);
  const sks = store.get("ServerlessService.networking.internal.knative.dev", namespace, name);
  const load = activator.loadOf(key);
  const decider = tick.autoscaler.view(key);
  return {
    ...tick.autoscaler.loadOf(key, now),
    inFlight: load.inFlight,
    waiting: load.waiting,
    desired: Math.max(0, tick.autoscaler.advice.get(key)?.desiredScale ?? 0),
    ready: decider?.last?.trace.readyPods ?? 0,
    mode: sks?.spec.mode ?? "",
    panicUntil: panicEnd(decider),
    sentence: explainRevision(control, key, now).sentence,
  };
}

function panicEnd(decider: ReturnType<Control["tick"]["autoscaler"]["view"]>): Time | undefined {
  const began = decider?.state.panicTime;
  return decider && began !== undefined ? began + decider.spec.stableWindowMs : undefined;
}

/** Returns the number of requests by revision for each Route. A Route has the name of its Service. */
function observedSplits(gateway: IngressGateway): Live["services"] {
  const services: Record<string, { observed: Record<string, number> }> = {};
  for (const { ingress, revision, requests } of gateway.counts) {
    const { observed } = services[ingress] ?? { observed: {} };
    services[ingress] = { observed };
    const name = parseNamespacedName(revision).name;
    observed[name] = (observed[name] ?? 0) + requests;
  }
  return services;
}

export interface RevisionExplanation {
  readonly revision: string;
  readonly sentence: string;
  readonly decisions: readonly object[];
}

/** Explains the revision's present scale; its last decisions come oldest first. */
export function explainRevision(control: Control, key: RevisionKey, now: Time): RevisionExplanation {
  const { store, tick, config } = control;
  const { namespace, name } = parseNamespacedName(key);
  const pa = store.get("PodAutoscaler.autoscaling.internal.knative.dev", namespace, name);
  const deployment = store.get("Deployment.apps", namespace, pa?.spec.scaleTargetRef.name ?? "");
  const decider = tick.autoscaler.view(key);
  const { sentence, decisions } = explainScale(key, now, {
    config: config().autoscaler,
    decider,
    hpa: tick.autoscaler.viewHpa(key),
    pa,
    sks: store.get("ServerlessService.networking.internal.knative.dev", namespace, name),
    replicas: deployment?.spec.replicas,
    readyPods: tick.readyPods(key),
    showTime: timeOfDay,
  });
  return { revision: name, sentence, decisions: decisions.map(showDecision) };
}

function showDecision(entry: LedgerEntry): object {
  const { at, source, rule, from, to, facts } = entry;
  const { stable, panic } = entry.source === "traffic" ? entry.facts : {};
  return { time: timeText(at), source, rule, from, desired: to, ready: facts.ready, stable, panic, facts };
}
