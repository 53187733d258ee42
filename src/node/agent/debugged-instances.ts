// Finds the instance of a revision that runs under its debugger, and tells where the debugger listens.
import { isPodServing, isTerminating, servingContainer } from "../../apis/core/pod.ts";
import type { Pod } from "../../apis/core/types.ts";
import { keyOf, type ObjectKey } from "../../apis/meta/key.ts";
import type { Stored } from "../../apis/meta/object.ts";
import { type DebugSettings, debugText } from "../../apis/serving/debug.ts";
import { DEBUG_ANNOTATION, REVISION_LABEL } from "../../apis/serving/labels.ts";
import { LOOPBACK, type PodAddress } from "../../base/address.ts";
import type { DebuggedInstance } from "../../client/debug.ts";
import type { View } from "../../control-plane/store/view.ts";
import type { ContainerRuntime } from "../runtime/runtime.ts";
import { accepts } from "./debug-relay.ts";

export interface DebuggedInstancesParts {
  readonly store: View;
  readonly runtime: ContainerRuntime;
  /** The address at which knap reaches a port of the pod's serving container. */
  readonly addressOf: (pod: ObjectKey<"Pod">, port: number) => PodAddress | undefined;
  /** The id of the pod's container with this name. */
  readonly containerOf: (pod: ObjectKey<"Pod">, name: string) => string | undefined;
}

export interface DebuggedRevision {
  readonly key: ObjectKey<"Revision.serving.knative.dev">;
  readonly settings: DebugSettings;
}

export class DebuggedInstances {
  readonly #parts: DebuggedInstancesParts;

  constructor(parts: DebuggedInstancesParts) {
    this.#parts = parts;
  }

  /** Returns the address of the debugger in the instance that runs now; undefined if none runs. */
  addressOf(revision: DebuggedRevision): PodAddress | undefined {
    const pod = this.#find(revision);
    const { containerPort: port } = revision.settings;
    const address = pod && this.#parts.addressOf(keyOf(pod) as ObjectKey<"Pod">, port);
    // The addresses of a process all have its PORT.
    return address && this.#isProcess ? { host: LOOPBACK, port } : address;
  }

  async describe(revision: DebuggedRevision): Promise<DebuggedInstance | undefined> {
    const pod = this.#find(revision);
    if (!pod) return undefined;
    const listens = await this.#listens(revision.settings, pod);
    return { pod: pod.metadata.name, listens, ready: isPodServing(pod), problem: problemOf(pod) };
  }

  /** Returns the newest pod that started with these settings. */
  #find({ key, settings }: DebuggedRevision): Stored<Pod> | undefined {
    const labels = { matchLabels: { [REVISION_LABEL]: key.name } };
    const text = debugText(settings);
    return this.#parts.store
      .list("Pod", { namespace: key.namespace, labels })
      .filter((pod) => !isTerminating(pod) && pod.metadata.annotations?.[DEBUG_ANNOTATION] === text)
      .toSorted((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? 1 : -1))[0];
  }

  async #listens({ debugger: kind, containerPort: port }: DebugSettings, pod: Stored<Pod>): Promise<boolean> {
    const { runtime, containerOf } = this.#parts;
    // debugpy listens in a process that is not in the group of the app. A connection without a request is harmless.
    if (this.#isProcess && kind === "python") return accepts({ host: LOOPBACK, port });
    const id = containerOf(keyOf(pod) as ObjectKey<"Pod">, servingContainer(pod.spec.containers)?.name ?? "");
    const sockets = id === undefined ? [] : await runtime.listeners(id).catch(() => undefined);
    return sockets?.some((socket) => socket.port === port) ?? isPodServing(pod);
  }

  get #isProcess(): boolean {
    return !this.#parts.runtime.capabilities.images;
  }
}

/** Returns why the containers of a pod do not run, or why the pod has no place on the node. */
function problemOf({ status = {} }: Pod): string | undefined {
  for (const { state, lastState } of status.containerStatuses ?? []) {
    const { message } = state?.terminated ?? lastState?.terminated ?? state?.waiting ?? {};
    if (message) return message;
  }
  return status.conditions?.find(({ type, status: is }) => type === "PodScheduled" && is === "False")?.message;
}
