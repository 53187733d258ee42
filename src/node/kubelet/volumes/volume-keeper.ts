// The volumes of one session's pods on the engine: made and filled before pods start, updated when their sources change, removed at the end.
import type { Container, Volume } from "../../../apis/core/pod-spec.ts";
import type { Pod } from "../../../apis/core/types.ts";
import { quantityNumber } from "../../../base/go/quantity.ts";
import { sha256Hex } from "../../../base/hash.ts";
import type { ContainerRuntime, MountSpec } from "../../runtime/runtime.ts";
import {
  isPodSpecific,
  renderVolumeFiles,
  type VolumeFile,
  type VolumeSources,
  volumeReferences,
} from "./volume-files-spec.ts";
import { makeRootTar, makeVolumeTar } from "./volume-tar.ts";
import { type VolumeWriter, WRITER_MOUNT } from "./volume-writer.ts";

export interface VolumeKeeperOptions {
  readonly runtime: ContainerRuntime;
  readonly prefix: string;
  /** Labels of the session; volumes of claims carry none of a session, because they outlive it. */
  readonly labels: Readonly<Record<string, string>>;
  readonly hostLabels: Readonly<Record<string, string>>;
  readonly write: VolumeWriter;
  readonly sourcesOf: (pod: Pod) => VolumeSources;
  /** Whether a claim exists. */
  readonly hasClaim: (namespace: string, name: string) => boolean;
  /** A name for a version of contents, new each time and sortable: the kubelet's dated folder. */
  readonly version: () => string;
}

/** What a container gets: mounts, and files that are copied in because their mount names a part of a volume. */
export interface ContainerVolumes {
  readonly mounts: readonly MountSpec[];
  readonly copies: readonly VolumeFile[];
}
export type VolumesOutcome = { readonly volumes: ContainerVolumes } | { readonly error: string };

/** A volume on the engine. */
interface Kept {
  readonly name: string;
  readonly volume: Volume;
  /** A pod whose point of view the contents are rendered from. */
  readonly pod: Pod;
  readonly ownPod: boolean;
  /** Hash of the contents as written. */
  written: string;
  ready: Promise<void>;
}

export class VolumeKeeper {
  readonly #options: VolumeKeeperOptions;
  readonly #kept = new Map<string, Kept>();

  constructor(options: VolumeKeeperOptions) {
    this.#options = options;
  }

  /** Makes and fills the volumes that a container mounts. Throws only what the runtime throws. */
  async prepare(pod: Pod, container: Container): Promise<VolumesOutcome> {
    const mounts: MountSpec[] = [];
    const copies: VolumeFile[] = [];
    for (const mount of container.volumeMounts ?? []) {
      const volume = pod.spec.volumes?.find(({ name }) => name === mount.name);
      if (!volume) return { error: `volume "${mount.name}" is not defined` };
      if (!this.#options.runtime.capabilities.volumes) {
        return { error: `volume "${mount.name}": the process runtime has no volumes; use --runtime docker` };
      }
      const content = renderVolumeFiles(volume, this.#options.sourcesOf(pod));
      if (content && "error" in content)
        return { error: `MountVolume.SetUp failed for volume "${volume.name}" : ${content.error}` };
      const part = mount.subPath ?? "";
      if (content && part !== "") {
        copies.push(...partOf(content.files, part, mount.mountPath));
        continue;
      }
      const missing = this.#missingClaim(pod, volume);
      if (missing !== undefined) return { error: missing };
      const source = await this.#ready(pod, volume, part, content?.files);
      const readOnly = mount.readOnly === true || content !== undefined;
      mounts.push({ kind: "volume", source, target: mount.mountPath, readOnly });
    }
    return { volumes: { mounts, copies } };
  }

  /** A ConfigMap or Secret changed: volumes that read it are brought up to date in place. */
  async refresh(namespace: string, name: string): Promise<void> {
    const concerned = [...this.#kept.values()].filter(
      ({ volume, pod }) => pod.metadata.namespace === namespace && volumeReferences(volume).includes(name),
    );
    await Promise.all(concerned.map((kept) => this.#update(kept)));
  }

  /** A pod is gone: what was its own goes with it. */
  async release(pod: Pod): Promise<void> {
    const own = [...this.#kept].filter(([, kept]) => kept.ownPod && kept.pod.metadata.uid === pod.metadata.uid);
    await Promise.all(own.map(([key, kept]) => this.#remove(key, kept)));
  }

  /** Removes all volumes of the session; no container may use one any more. */
  async close(): Promise<void> {
    await Promise.all([...this.#kept].map(([key, kept]) => this.#remove(key, kept)));
  }

  #missingClaim(pod: Pod, { persistentVolumeClaim: claim }: Volume): string | undefined {
    if (!claim || this.#options.hasClaim(pod.metadata.namespace ?? "default", claim.claimName)) return undefined;
    return `persistentvolumeclaim "${claim.claimName}" not found`;
  }

  async #ready(pod: Pod, volume: Volume, part: string, files: readonly VolumeFile[] | undefined): Promise<string> {
    const ownPod = volume.emptyDir !== undefined || isPodSpecific(volume);
    const { prefix } = this.#options;
    const namespace = pod.metadata.namespace ?? "default";
    const fsGroup = pod.spec.securityContext?.fsGroup;
    const claim = volume.persistentVolumeClaim?.claimName;
    const identity = JSON.stringify([
      namespace,
      volume,
      part,
      fsGroup,
      pod.spec.serviceAccountName,
      ownPod && pod.metadata.uid,
    ]);
    const name =
      claim === undefined
        ? `${prefix}_${volume.name}_${sha256Hex(identity).slice(0, 12)}`
        : `knap_${namespace}_${claim}${part && `_${sha256Hex(part).slice(0, 8)}`}`;
    let kept = this.#kept.get(name);
    if (!kept) {
      kept = { name, volume, pod, ownPod, written: "", ready: Promise.resolve() };
      this.#kept.set(name, kept);
      kept.ready = this.#make(kept, files);
      // A failure is met by whoever awaits it; the next pod tries anew.
      kept.ready.catch(() => this.#kept.delete(name));
    }
    await kept.ready;
    return name;
  }

  async #make(kept: Kept, files: readonly VolumeFile[] | undefined): Promise<void> {
    const { runtime, labels, hostLabels, write } = this.#options;
    const { volume, pod, name } = kept;
    const ownership = { fsGroup: pod.spec.securityContext?.fsGroup };
    const memory = volume.emptyDir?.medium === "Memory";
    const size = quantityNumber(volume.emptyDir?.sizeLimit ?? "");
    const options = memory ? { tmpfs: true, ...(size !== undefined && { sizeBytes: size }) } : {};
    await runtime.volumes.create(name, volume.persistentVolumeClaim ? hostLabels : labels, options);
    if (files) return this.#writeFiles(kept, files);
    // Memory is open to all from the start.
    if (!memory) await write(name, "/", makeRootTar(WRITER_MOUNT, ownership));
  }

  async #update(kept: Kept): Promise<void> {
    const content = renderVolumeFiles(kept.volume, this.#options.sourcesOf(kept.pod));
    if (!content || "error" in content) return;
    kept.ready = kept.ready.then(() => this.#writeFiles(kept, content.files));
    await kept.ready;
  }

  async #writeFiles(kept: Kept, files: readonly VolumeFile[]): Promise<void> {
    const hash = contentHash(files);
    if (hash === kept.written) return;
    const { write, version } = this.#options;
    const ownership = { fsGroup: kept.pod.spec.securityContext?.fsGroup };
    await write(kept.name, WRITER_MOUNT, makeVolumeTar(files, version(), ownership));
    kept.written = hash;
  }

  async #remove(key: string, kept: Kept): Promise<void> {
    this.#kept.delete(key);
    await kept.ready.catch(() => {});
    if (kept.volume.persistentVolumeClaim) return;
    await this.#options.runtime.volumes.remove(kept.name).catch(() => {});
  }
}

/** A file, or the files below a folder, at the place where the part would be mounted. */
function partOf(files: readonly VolumeFile[], part: string, mountPath: string): VolumeFile[] {
  const clean = part.replace(/\/+$/, "");
  return files.flatMap((file) => {
    if (file.path === clean) return [{ ...file, path: mountPath }];
    return file.path.startsWith(`${clean}/`) ? [{ ...file, path: mountPath + file.path.slice(clean.length) }] : [];
  });
}

function contentHash(files: readonly VolumeFile[]): string {
  const parts = files.map(({ path, mode, content }) => `${path}\0${mode}\0${sha256Hex(content)}`);
  return sha256Hex(parts.sort().join("\n"));
}
