// The volumes of one session's pods on the engine: made and filled before pods start, updated when their sources change, removed at the end.

import type { Container, Volume } from "../../../apis/core/pod-spec.ts";
import type { Pod } from "../../../apis/core/types.ts";
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
  pod: Pod;
  readonly ownPod: boolean;
  /** Hash of the contents as written. */
  written: string;
  /** Rejected: what is on the engine is not what it should be, and whoever needs it next tries again. */
  ready: Promise<void>;
  failed: boolean;
  /** Its pod is gone. */
  over: boolean;
}

export class VolumeKeeper {
  readonly #options: VolumeKeeperOptions;
  readonly #kept = new Map<string, Kept>();
  /** Pods that go on with the own volumes of another: uid → whose they were at first. */
  readonly #heirs = new Map<string, string>();

  constructor(options: VolumeKeeperOptions) {
    this.#options = options;
  }

  /** Makes and fills the volumes that a container mounts. Throws only that the engine is away. */
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
      if (content && "error" in content) return notSetUp(volume, content.error);
      const part = mount.subPath ?? "";
      if (content && part !== "") {
        copies.push(...partOf(content.files, part, mount.mountPath));
        continue;
      }
      const missing = this.#missingClaim(pod, volume);
      if (missing !== undefined) return { error: missing };
      const source = await this.#ready(pod, volume, part, content?.files).catch(asFailure);
      if (source instanceof RuntimeError) return notSetUp(volume, source.message);
      const readOnly = mount.readOnly === true || content !== undefined;
      mounts.push({ kind: "volume", source, target: mount.mountPath, readOnly });
    }
    return { volumes: { mounts, copies } };
  }

  /** A ConfigMap or Secret changed: volumes that read it are brought up to date in place. Returns what could not be, with the reason. */
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
        return error === undefined ? [] : [{ volume: kept.volume.name, error: textOf(error) }];
      }),
    );
    return outcomes.flat();
  }

  /** The own volumes of a frozen pod are its successor's, as they are; what tells of the pod itself is written anew. */
  bequeath(from: Pod, to: Pod): void {
    this.#heirs.set(to.metadata.uid ?? "", this.#firstOwner(from));
    this.#heirs.delete(from.metadata.uid ?? "");
    for (const kept of this.#kept.values()) {
      if (!kept.ownPod || kept.pod.metadata.uid !== from.metadata.uid) continue;
      kept.pod = to;
      // What fails is made up for when the volume is next needed.
      void this.#update(kept).catch(() => {});
    }
  }

  /** A pod is gone: what was its own goes with it, and what could not go with those before it. */
  async release(pod: Pod): Promise<void> {
    this.#heirs.delete(pod.metadata.uid ?? "");
    for (const kept of this.#kept.values()) kept.over ||= kept.ownPod && kept.pod.metadata.uid === pod.metadata.uid;
    const over = [...this.#kept.values()].filter((kept) => kept.over);
    await Promise.all(over.map((kept) => this.#remove(kept)));
  }

  /** Removes all volumes of the session; no container may use one any more. */
  async close(): Promise<void> {
    await Promise.all([...this.#kept.values()].map((kept) => this.#remove(kept)));
  }

  #firstOwner({ metadata: { uid = "" } }: Pod): string {
    return this.#heirs.get(uid) ?? uid;
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
      // Pods have it filled in, the template that they are made from has not.
      pod.spec.serviceAccountName ?? "default",
      ownPod && this.#firstOwner(pod),
    ]);
    const name =
      claim === undefined
        ? `${prefix}_${volume.name}_${sha256Hex(identity).slice(0, 12)}`
        : `knap_${namespace}_${claim}${part && `_${sha256Hex(part).slice(0, 8)}`}`;
    const known = this.#kept.get(name);
    const kept = known ?? {
      name,
      volume,
      pod,
      ownPod,
      written: "",
      ready: Promise.resolve(),
      failed: false,
      over: false,
    };
    this.#kept.set(name, kept);
    // Kept also when it fails: at the end it must go.
    if (!known || kept.failed) await this.#next(kept, () => this.#make(kept, files));
    else await kept.ready;
    return name;
  }

  /** One step after the other on a volume; one that failed is made up for by the next. */
  #next(kept: Kept, step: () => Promise<void>): Promise<void> {
    kept.failed = false;
    kept.ready = kept.ready.catch(() => {}).then(step);
    kept.ready.catch(() => {
      kept.failed = true;
    });
    return kept.ready;
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
    await this.#next(kept, () => this.#make(kept, content.files));
  }

  async #writeFiles(kept: Kept, files: readonly VolumeFile[]): Promise<void> {
    const hash = contentHash(files);
    if (hash === kept.written) return;
    const { write, version } = this.#options;
    const ownership = { fsGroup: kept.pod.spec.securityContext?.fsGroup };
    await write(kept.name, WRITER_MOUNT, makeVolumeTar(files, version(), ownership));
    kept.written = hash;
  }

  /** What cannot go stays known: the end of the session, or of the next pod, tries again. */
  async #remove(kept: Kept): Promise<void> {
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

/** That the engine is away concerns the whole node, not one volume. */
function asFailure(error: unknown): RuntimeError {
  if (error instanceof RuntimeError && error.code !== "unreachable") return error;
  throw error;
}

function textOf(error: unknown): string {
  return errorText(error);
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
