// Collects the inputs of a container spec: objects from the store, volumes, and the pod's place on the network.
// `container-spec.ts` renders them.

import { type StoredPod, servingContainer } from "../../../apis/core/pod.ts";
import type { Container } from "../../../apis/core/pod-spec.ts";
import { SERVICE_LABEL } from "../../../apis/serving/labels.ts";
import type { UsableImage } from "../../image/image-library.ts";
import type { NodeParts } from "../node-parts.ts";
import { type RenderedContainer, renderContainer, type StartCommand, withSubPaths } from "../spec/container-spec.ts";
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

  /** The address of the pod. */
  get address(): string {
    return this.#sandbox.address;
  }

  /** Makes the container's volumes and renders its spec. Throws when the engine is unreachable. */
  async render(
    pod: StoredPod,
    container: Container,
    { attempt, image }: { readonly attempt: number; readonly image: UsableImage },
  ): Promise<RenderedContainer> {
    const { runtime, volumes, startCommand, prefix, labels } = this.#parts;
    // The project has a start command for the serving container only.
    const start = servingContainer(pod.spec.containers)?.name === container.name ? startCommand(pod) : undefined;
    const refusal = runtime.capabilities.images ? undefined : processRefusal(container, start);
    if (refusal !== undefined) return { error: { reason: "NeedsContainer", message: refusal } };
    // Before the sources are read, because it may change the address of the pod.
    const placement = this.#sandbox.placement();
    const sources = this.#sources(pod.metadata.namespace);
    const prepared = await volumes.prepare(pod, withSubPaths(pod, container, sources));
    if ("error" in prepared) return { error: { reason: "ContainerCreating", message: prepared.error } };
    this.#copies.set(container.name ?? "", prepared.volumes.copies);
    const rendered = renderContainer({
      pod,
      container,
      attempt,
      image,
      prefix,
      labels,
      placement,
      mounts: prepared.volumes.mounts,
      sources,
      start,
    });
    if ("reduced" in rendered && runtime.capabilities.limits) this.#tellReduced(pod, container, rendered.reduced);
    return rendered;
  }

  /** Once per Service or Pod and limit in a session. */
  #tellReduced({ metadata, ...pod }: StoredPod, { name = "" }: Container, reduced: readonly string[]): void {
    const { told, record, log } = this.#parts;
    const owner = metadata.labels?.[SERVICE_LABEL] ?? metadata.name;
    for (const limit of reduced) {
      const message = `container "${name}" asks for more than this machine has (${limit}); it runs with what there is`;
      const key = `${metadata.namespace}/${owner}: ${message}`;
      if (told.has(key)) continue;
      told.add(key);
      record({ ...pod, metadata }, { type: "Warning", reason: "LimitReduced", message });
      log.warn(message, { namespace: metadata.namespace, service: owner });
    }
  }

  /** Between create and start: copies the files of mounts with a `subPath`, which are not mounted. */
  async copyFiles(containerId: string, container: Container): Promise<void> {
    const copies = this.#copies.get(container.name ?? "") ?? [];
    if (copies.length > 0) await this.#parts.runtime.putArchive(containerId, "/", makeCopyTar(copies));
  }

  #sources(namespace: string): EnvironmentSources {
    const { store, hostIP, nodeName, info } = this.#parts;
    return {
      configMap: (name) => store.get("ConfigMap", namespace, name),
      secret: (name) => store.get("Secret", namespace, name),
      podIP: this.#sandbox.address,
      hostIP,
      nodeName,
      nodeCpus: info.cpus,
      nodeMemoryBytes: info.memoryBytes,
    };
  }
}

/** Why the container cannot run as a process; undefined: it can. */
function processRefusal(
  { name = "", command = [], volumeMounts = [] }: Container,
  start?: StartCommand,
): string | undefined {
  const [mount] = volumeMounts;
  if (mount) return `volume "${mount.name}" at ${mount.mountPath}: a process has no volumes; use --runtime docker`;
  if (start || command.length > 0) return undefined;
  return `container "${name}": without its image a process needs a command; give it one in knap.yaml, or use --runtime docker`;
}
