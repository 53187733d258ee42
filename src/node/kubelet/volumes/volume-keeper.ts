// Manages the engine's volumes of one session: creates and fills them before pods start, updates their files, removes
// them.
import type { StoredPod } from "../../../apis/core/pod.ts";
import type { Container, Volume } from "../../../apis/core/pod-spec.ts";
import { errorText } from "../../../base/errors.ts";
import { quantityNumber } from "../../../base/go/quantity.ts";
import { sha256Hex } from "../../../base/hash.ts";
import { type ContainerRuntime, type MountSpec, RuntimeError } from "../../runtime/runtime.ts";
import {
  isPodSpecific,
  renderVolumeFiles,
  type VolumeFile,
  type VolumeSources,
  volumeReferences,
} from "./volume-files-spec.ts";
import { refusedSubPath } from "./volume-paths-spec.ts";
import { makeRootTar, makeVolumeTar } from "./volume-tar.ts";
import { type VolumeWriter, WRITER_MOUNT } from "./volume-writer.ts";

export interface VolumeKeeperOptions {
  readonly runtime: ContainerRuntime;
  readonly prefix: string;
  /** The labels of the session. Volumes of claims outlive the session, so they get `hostLabels` only. */
  readonly labels: Readonly<Record<string, string>>;
  readonly hostLabels: Readonly<Record<string, string>>;
  readonly write: VolumeWriter;
  readonly sourcesOf: (pod: StoredPod) => VolumeSources;
  readonly hasClaim: (namespace: string, name: string) => boolean;
  /** Returns a new, sortable name for a version of the files: the kubelet's dated folder. */
  readonly version: () => string;
}

/** `copies`: the files of mounts with a `subPath`. They are copied into the container. */
interface ContainerVolumes {
  readonly mounts: readonly MountSpec[];
  readonly copies: readonly VolumeFile[];
}
export type VolumesOutcome = { readonly volumes: ContainerVolumes } | { readonly error: string };

interface EngineVolume {
  readonly name: string;
  readonly volume: Volume;
  /** The pod for which the files are rendered. */
  pod: StoredPod;
  /** Whether only this pod uses the volume. */
  readonly ownPod: boolean;
  /** The hash of the files in the volume. */
  written: string;
  /** Rejected if the last write failed. The next pod that needs the volume repeats the write. */
  ready: Promise<void>;
  failed: boolean;
  /** Whether its pod no longer exists. */
  unused: boolean;
}

export class VolumeKeeper {
  readonly #options: VolumeKeeperOptions;
  readonly #kept = new Map<string, EngineVolume>();
  /** For pods that continue a frozen pod and use its volumes: uid → uid of the first owner. */
  readonly #firstOwners = new Map<string, string>();

  constructor(options: VolumeKeeperOptions) {
    this.#options = options;
  }

  /** Creates and fills the volumes of a container. Rejects if the engine is unreachable; returns any other error. */
  async prepare(pod: StoredPod, container: Container): Promise<VolumesOutcome> {
    const mounts: MountSpec[] = [];
    const copies: VolumeFile[] = [];
    for (const mount of container.volumeMounts ?? []) {
      const volume = pod.spec.volumes?.find(({ name }) => name === mount.name);
      if (!volume) return { error: `volume "${mount.name}" is not defined` };
      if (!this.#options.runtime.capabilities.volumes) {
        return { error: `volume "${mount.name}": the process runtime has no volumes; use --runtime docker` };
      }
      const content = renderVolumeFiles(volume, this.#options.sourcesOf(pod));
      if (content && "error" in content) return notSetUp(volume, content.error);
      const { subPath = "" } = mount;
      const refused = refusedSubPath(pod, volume, subPath, content !== undefined);
      if (refused !== undefined) return notSetUp(volume, refused);
      if (content && subPath !== "") {
        copies.push(...filesAt(content.files, subPath, mount.mountPath));
        continue;
      }
      const missing = this.#missingClaim(pod, volume);
      if (missing !== undefined) return { error: missing };
      const source = await this.#ready(pod, volume, subPath, content?.files).catch(asFailure);
      if (source instanceof RuntimeError) return notSetUp(volume, source.message);
      const readOnly = mount.readOnly === true || content !== undefined;
      mounts.push({ kind: "volume", source, target: mount.mountPath, readOnly });
    }
    return { volumes: { mounts, copies } };
  }

  /** Updates the volumes that read a changed ConfigMap or Secret, in place. Returns the failed ones. */
  async refresh(
    namespace: string,
    name: string,
  ): Promise<readonly { readonly volume: string; readonly error: string }[]> {
    const concerned = [...this.#kept.values()].filter(
      ({ volume, pod }) => pod.metadata.namespace === namespace && volumeReferences(volume).includes(name),
    );
    const outcomes = await Promise.all(
      concerned.map(async (kept) => {
        const error = await this.#update(kept).catch((failure: unknown) => failure);
        return error === undefined ? [] : [{ volume: kept.volume.name, error: errorText(error) }];
      }),
    );
    return outcomes.flat();
  }

  /** Gives the own volumes of a frozen pod to its successor, and writes files about the pod again. */
  handOver(from: StoredPod, to: StoredPod): void {
    this.#firstOwners.set(to.metadata.uid, this.#firstOwner(from));
    this.#firstOwners.delete(from.metadata.uid);
    for (const kept of this.#kept.values()) {
      if (!kept.ownPod || kept.pod.metadata.uid !== from.metadata.uid) continue;
      kept.pod = to;
      // The next pod that needs the volume repeats a failed update.
      void this.#update(kept).catch(() => {});
    }
  }

  /** Removes the own volumes of a pod that no longer exists, and volumes that could not be removed earlier. */
  async release(pod: StoredPod): Promise<void> {
    this.#firstOwners.delete(pod.metadata.uid);
    for (const kept of this.#kept.values()) kept.unused ||= kept.ownPod && kept.pod.metadata.uid === pod.metadata.uid;
    const unused = [...this.#kept.values()].filter((kept) => kept.unused);
    await Promise.all(unused.map((kept) => this.#remove(kept)));
  }

  /** Removes all volumes of the session. No container may use them any more. */
  async close(): Promise<void> {
    await Promise.all([...this.#kept.values()].map((kept) => this.#remove(kept)));
  }

  #firstOwner({ metadata: { uid } }: StoredPod): string {
    return this.#firstOwners.get(uid) ?? uid;
  }

  #missingClaim(pod: StoredPod, { persistentVolumeClaim: claim }: Volume): string | undefined {
    if (!claim || this.#options.hasClaim(pod.metadata.namespace, claim.claimName)) return undefined;
    return `persistentvolumeclaim "${claim.claimName}" not found`;
  }

  async #ready(
    pod: StoredPod,
    volume: Volume,
    subPath: string,
    files: readonly VolumeFile[] | undefined,
  ): Promise<string> {
    const ownPod = volume.emptyDir !== undefined || isPodSpecific(volume);
    const { prefix } = this.#options;
    const namespace = pod.metadata.namespace;
    const fsGroup = pod.spec.securityContext?.fsGroup;
    const claim = volume.persistentVolumeClaim?.claimName;
    const identity = JSON.stringify([
      namespace,
      volume,
      subPath,
      fsGroup,
      // Pods have the default, and the template of a Deployment does not.
      pod.spec.serviceAccountName ?? "default",
      ownPod && this.#firstOwner(pod),
    ]);
    const name =
      claim === undefined
        ? `${prefix}_${volume.name}_${sha256Hex(identity).slice(0, 12)}`
        : `knap_${namespace}_${claim}${subPath && `_${sha256Hex(subPath).slice(0, 8)}`}`;
    const known = this.#kept.get(name);
    const kept = known ?? {
      name,
      volume,
      pod,
      ownPod,
      written: "",
      ready: Promise.resolve(),
      failed: false,
      unused: false,
    };
    this.#kept.set(name, kept);
    // A volume whose creation fails stays registered, so that the end of the session removes it.
    if (!known || kept.failed) await this.#next(kept, () => this.#make(kept, files));
    else await kept.ready;
    return name;
  }

  /** Runs the steps on a volume one after the other. A failed step does not prevent the next one. */
  #next(kept: EngineVolume, step: () => Promise<void>): Promise<void> {
    kept.failed = false;
    kept.ready = kept.ready.catch(() => {}).then(step);
    kept.ready.catch(() => {
      kept.failed = true;
    });
    return kept.ready;
  }

  async #make(kept: EngineVolume, files: readonly VolumeFile[] | undefined): Promise<void> {
    const { runtime, labels, hostLabels, write } = this.#options;
    const { volume, pod, name } = kept;
    const ownership = { fsGroup: pod.spec.securityContext?.fsGroup };
    const memory = volume.emptyDir?.medium === "Memory";
    const size = quantityNumber(volume.emptyDir?.sizeLimit ?? "");
    const options = memory ? { tmpfs: true, sizeBytes: size } : {};
    await runtime.volumes.create(name, volume.persistentVolumeClaim ? hostLabels : labels, options);
    if (files) return this.#writeFiles(kept, files);
    // A tmpfs is writable for all users from the start.
    if (!memory) await write(name, "/", makeRootTar(WRITER_MOUNT, ownership));
  }

  async #update(kept: EngineVolume): Promise<void> {
    const content = renderVolumeFiles(kept.volume, this.#options.sourcesOf(kept.pod));
    if (!content || "error" in content) return;
    await this.#next(kept, () => this.#make(kept, content.files));
  }

  async #writeFiles(kept: EngineVolume, files: readonly VolumeFile[]): Promise<void> {
    const hash = contentHash(files);
    if (hash === kept.written) return;
    const { write, version } = this.#options;
    const ownership = { fsGroup: kept.pod.spec.securityContext?.fsGroup };
    await write(kept.name, WRITER_MOUNT, makeVolumeTar(files, version(), ownership));
    kept.written = hash;
  }

  /** If this fails, the end of the next pod or of the session repeats it. */
  async #remove(kept: EngineVolume): Promise<void> {
    await kept.ready.catch(() => {});
    const removed = kept.volume.persistentVolumeClaim
      ? true
      : await this.#options.runtime.volumes.remove(kept.name).then(
          () => true,
          () => false,
        );
    if (removed) this.#kept.delete(kept.name);
  }
}

function notSetUp({ name }: Volume, why: string): VolumesOutcome {
  return { error: `MountVolume.SetUp failed for volume "${name}" : ${why}` };
}

/** Rethrows that the engine is unreachable, because that is no failure of one volume. */
function asFailure(error: unknown): RuntimeError {
  if (error instanceof RuntimeError && error.code !== "unreachable") return error;
  throw error;
}

/** Returns the file, or the files of the folder, that `subPath` names. Their paths begin with the mount path. */
function filesAt(files: readonly VolumeFile[], subPath: string, mountPath: string): VolumeFile[] {
  const clean = subPath.replace(/\/+$/, "");
  return files.flatMap((file) => {
    if (file.path === clean) return [{ ...file, path: mountPath }];
    return file.path.startsWith(`${clean}/`) ? [{ ...file, path: mountPath + file.path.slice(clean.length) }] : [];
  });
}

function contentHash(files: readonly VolumeFile[]): string {
  const parts = files.map(({ path, mode, content }) => `${path}\0${mode}\0${sha256Hex(content)}`);
  return sha256Hex(parts.sort().join("\n"));
}
