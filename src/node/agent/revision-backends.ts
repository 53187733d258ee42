// Tells the activator about each revision: its pods with a queue-proxy, their readiness, and the mode of its
// ServerlessService.
import type { RevisionKey } from "../../apis/autoscaling/types.ts";
import { isPodServing, servingContainer } from "../../apis/core/pod.ts";
import type { Container } from "../../apis/core/pod-spec.ts";
import type { Pod } from "../../apis/core/types.ts";
import { namespacedName, parseNamespacedName } from "../../apis/meta/key.ts";
import type { Stored } from "../../apis/meta/object.ts";
import type { ServerlessService } from "../../apis/networking/types.ts";
import { DEBUG_TIMEOUT_SECONDS, debugOf } from "../../apis/serving/debug.ts";
import type { Revision, RevisionSpec } from "../../apis/serving/types.ts";
import { revisionOf } from "../../control-plane/autoscaler/ready-pods.ts";
import type { ObjectStore } from "../../control-plane/store/object-store.ts";
import type { WatchEvent } from "../../control-plane/store/view.ts";
import type { Activator } from "../../data-plane/activator/activator.ts";
import type { Backend } from "../../data-plane/activator/backend.ts";
import type { RevisionTraffic } from "../../data-plane/activator/revision-path.ts";
import type { QueueProxies } from "./queue-proxies.ts";

export interface RevisionBackendsOptions {
  readonly store: ObjectStore;
  readonly activator: Activator;
  readonly queueProxies: Pick<QueueProxies, "endpointOf" | "onChange">;
}

export class RevisionBackends {
  readonly #options: RevisionBackendsOptions;
  readonly #pods = new Map<RevisionKey, Map<string, Stored<Pod>>>();

  constructor(options: RevisionBackendsOptions) {
    this.#options = options;
    options.store.watch({}, (event) => this.#observe(event));
    options.queueProxies.onChange((pod) => {
      const revision = revisionOf(pod as Stored<Pod>);
      if (revision) this.#update(revision);
    });
  }

  #observe({ type, object }: WatchEvent): void {
    if (object.kind === "Pod") this.#observePod(object as Stored<Pod>, type === "DELETED");
    else if (object.kind === "ServerlessService")
      this.#update(namespacedName((object as Stored<ServerlessService>).metadata));
    else if (object.kind === "Revision") this.#observeRevision(object as Stored<Revision>, type === "DELETED");
  }

  #observeRevision(revision: Stored<Revision>, gone: boolean): void {
    const key = namespacedName(revision.metadata);
    if (gone) this.#options.activator.forget(key);
    else this.#update(key);
  }

  #observePod(pod: Stored<Pod>, gone: boolean): void {
    const revision = revisionOf(pod);
    const { uid } = pod.metadata;
    if (!revision) return;
    const pods = this.#pods.get(revision) ?? new Map<string, Stored<Pod>>();
    this.#pods.set(revision, pods);
    if (gone || pod.metadata.deletionTimestamp !== undefined) pods.delete(uid);
    else pods.set(uid, pod);
    if (pods.size === 0) this.#pods.delete(revision);
    this.#update(revision);
  }

  #update(key: RevisionKey): void {
    const { store, activator } = this.#options;
    const { namespace, name } = parseNamespacedName(key);
    const revision = store.get("Revision.serving.knative.dev", namespace, name);
    if (!revision) return;
    const service = store.get("ServerlessService.networking.internal.knative.dev", namespace, name);
    const { containerConcurrency, containers } = revision.spec;
    activator.update(key, {
      backends: this.#backends(key),
      mode: service?.spec.mode ?? "Proxy",
      containerConcurrency: containerConcurrency ?? 0,
      ...(debugOf(revision.metadata) ? { timeoutSeconds: DEBUG_TIMEOUT_SECONDS } : timeLimitsOf(revision.spec)),
      probesUnready: !isReadinessOfKubelet(containers),
    });
  }

  #backends(revision: RevisionKey): readonly Backend[] {
    return [...(this.#pods.get(revision)?.values() ?? [])].flatMap((pod) => {
      const endpoint = this.#options.queueProxies.endpointOf(pod.metadata.uid);
      return endpoint ? [{ pod: pod.metadata.name, ...endpoint, ready: isPodServing(pod) }] : [];
    });
  }
}

function timeLimitsOf({
  timeoutSeconds = 300,
  responseStartTimeoutSeconds = 0,
  idleTimeoutSeconds = 0,
}: RevisionSpec): Pick<RevisionTraffic, "timeoutSeconds" | "responseStartTimeoutSeconds" | "idleTimeoutSeconds"> {
  return { timeoutSeconds, responseStartTimeoutSeconds, idleTimeoutSeconds };
}

/** Returns true if only the kubelet knows that a pod is ready. The activator must not probe such a pod (fact P21). */
function isReadinessOfKubelet(containers: readonly Container[]): boolean {
  return (
    servingContainer(containers)?.readinessProbe?.exec !== undefined ||
    containers.some(({ startupProbe }) => startupProbe !== undefined)
  );
}
