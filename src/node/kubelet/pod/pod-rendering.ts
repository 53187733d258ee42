// Brings together what a container of a pod is made of: its objects from the store, its volumes, its place on the network. What that means is container-spec.ts's.

import { servingContainer } from "../../../apis/core/pod.ts";
import type { Container } from "../../../apis/core/pod-spec.ts";
import type { Pod } from "../../../apis/core/types.ts";
import type { UsableImage } from "../../image/image-library.ts";
import type { NodeParts } from "../node-parts.ts";
import { type ContainerOutcome, renderContainer, type StartCommand, withSubPaths } from "../spec/container-spec.ts";
import type { EnvironmentSources } from "../spec/environment-spec.ts";
import type { VolumeFile } from "../volumes/volume-files-spec.ts";
import { makeCopyTar } from "../volumes/volume-tar.ts";
import type { PodSandbox } from "./pod-sandbox.ts";

export class PodRendering {
  readonly #parts: NodeParts;
  readonly #sandbox: PodSandbox;
  readonly #copies = new Map<string, readonly VolumeFile[]>();

  constructor(parts: NodeParts, sandbox: PodSandbox) {
    this.#parts = parts;
    this.#sandbox = sandbox;
  }

  /** Makes the container's volumes and renders it. */
  async render(
    pod: Pod,
    container: Container,
    { attempt, image }: { readonly attempt: number; readonly image: UsableImage },
  ): Promise<ContainerOutcome> {
    const { runtime, volumes, startCommand, prefix, labels } = this.#parts;
    // Only of the serving container does the project know how it is started without its image.
    const start = servingContainer(pod.spec.containers)?.name === container.name ? startCommand(pod) : undefined;
    const refusal = runtime.capabilities.images ? undefined : processRefusal(container, start);
    if (refusal !== undefined) return { error: { reason: "NeedsContainer", message: refusal } };
    // First, for it may change the pod's address.
    const placement = this.#sandbox.placement();
    const sources = this.#sources(pod.metadata.namespace ?? "default");
    const prepared = await volumes.prepare(pod, withSubPaths(pod, container, sources));
    if ("error" in prepared) return { error: { reason: "ContainerCreating", message: prepared.error } };
    this.#copies.set(container.name ?? "", prepared.volumes.copies);
    return renderContainer({
      pod,
      container,
      attempt,
      image,
      prefix,
      labels,
      placement,
      mounts: prepared.volumes.mounts,
      sources,
      ...(start && { start }),
    });
  }

  /** Between create and start: files that stand in for mounts of a part of a volume. */
  async prepare(containerId: string, container: Container): Promise<void> {
    const copies = this.#copies.get(container.name ?? "") ?? [];
    if (copies.length > 0) await this.#parts.runtime.putArchive(containerId, "/", makeCopyTar(copies));
  }

  #sources(namespace: string): EnvironmentSources {
    const { store, hostIP, nodeName, info } = this.#parts;
    return {
      configMap: (name) => store.get("ConfigMap", namespace, name),
      secret: (name) => store.get("Secret", namespace, name),
      podIP: this.#sandbox.ip,
      hostIP,
      nodeName,
      nodeCpus: info.cpus,
      nodeMemoryBytes: info.memoryBytes,
    };
  }
}

/** Why a process cannot stand in for this container. */
function processRefusal(
  { name = "", command = [], volumeMounts = [] }: Container,
  start?: StartCommand,
): string | undefined {
  const [mount] = volumeMounts;
  if (mount) return `volume "${mount.name}" at ${mount.mountPath}: a process has no volumes; use --runtime docker`;
  if (start || command.length > 0) return undefined;
  return `container "${name}": without its image a process needs a command; give it one in knap.yaml, or use --runtime docker`;
}
