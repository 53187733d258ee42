// Collects the inputs of a container spec (objects from the store, volumes, network settings) and has it rendered by
// `container-spec.ts`.
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

  /** Creates the container's volumes and renders its spec. Rejects if the engine is unreachable. */
  async render(
    pod: StoredPod,
    container: Container,
    { restarts, image }: { readonly restarts: number; readonly image: UsableImage },
  ): Promise<RenderedContainer> {
    const { runtime, volumes, startCommand, prefix, labels } = this.#parts;
    // The project has a start command for the serving container only.
    const start = servingContainer(pod.spec.containers)?.name === container.name ? startCommand(pod) : undefined;
    const refusal = runtime.capabilities.images ? undefined : processRefusal(container, start);
    if (refusal !== undefined) return { error: { reason: "NeedsContainer", message: refusal } };
    // This comes before the sources, because it may change the address of the pod.
    const networking = this.#sandbox.networking();
    const sources = this.#sources(pod.metadata.namespace);
    const expanded = withSubPaths(pod, sources);
    const all = [...expanded.spec.containers, ...(expanded.spec.initContainers ?? [])];
    const prepared = await volumes.prepare(expanded, all.find(({ name }) => name === container.name) ?? container);
    if ("error" in prepared) return { error: { reason: "ContainerCreating", message: prepared.error } };
    this.#copies.set(container.name ?? "", prepared.volumes.copies);
    const rendered = renderContainer({
      pod,
      container,
      restarts,
      image,
      prefix,
      labels,
      networking,
      mounts: prepared.volumes.mounts,
      sources,
      start,
    });
    if ("reduced" in rendered && runtime.capabilities.limits) this.#reportReduced(pod, container, rendered.reduced);
    return rendered;
  }

  /** Reports each reduced limit once per Service in a session. */
  #reportReduced({ metadata, ...pod }: StoredPod, { name = "" }: Container, reduced: readonly string[]): void {
    const { reported, record, log } = this.#parts;
    const owner = metadata.labels?.[SERVICE_LABEL] ?? metadata.name;
    for (const limit of reduced) {
      const message = `container "${name}" asks for more than this machine has (${limit}); it runs with what there is`;
      const key = `${metadata.namespace}/${owner}: ${message}`;
      if (reported.has(key)) continue;
      reported.add(key);
      record({ ...pod, metadata }, { type: "Warning", reason: "LimitReduced", message });
      log.warn(message, { namespace: metadata.namespace, service: owner });
    }
  }

  /** Copies the files of mounts with a `subPath` into the container, before its start. They are not mounted. */
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

/** Returns why the container cannot run as a process; undefined if it can. */
function processRefusal(
  { name = "", command = [], volumeMounts = [] }: Container,
  start?: StartCommand,
): string | undefined {
  const [mount] = volumeMounts;
  if (mount) return `volume "${mount.name}" at ${mount.mountPath}: a process has no volumes; use --runtime docker`;
  if (start || command.length > 0) return undefined;
  return `container "${name}": without its image a process needs a command: services.NAME.command in knap.yaml, or use --runtime docker`;
}
