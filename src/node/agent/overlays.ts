// Keeps one overlay per Service and image, and shows in annotations of the Revisions how many files differ from the
// image.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type StoredPod, servingContainer } from "../../apis/core/pod.ts";
import type { Pod } from "../../apis/core/types.ts";
import { keyOf, namespacedName, parseNamespacedName } from "../../apis/meta/key.ts";
import type { Stored } from "../../apis/meta/object.ts";
import { DIRTY_ANNOTATION, REVISION_LABEL, SERVICE_LABEL } from "../../apis/serving/labels.ts";
import type { Revision, Service } from "../../apis/serving/types.ts";
import { runInBackground } from "../../base/background.ts";
import type { Logger } from "../../base/logger.ts";
import type { ObjectStore } from "../../control-plane/store/object-store.ts";
import type { FileArchive } from "../kubelet/overlay-port.ts";
import { Overlay } from "./overlay.ts";

/** The instances of a Service that get the same files. */
export interface OverlayScope {
  /** `namespace/name` of the Service. */
  readonly service: string;
  /** The image of the serving container, as the Revision names it. */
  readonly image: string;
}

export interface OverlaysOptions {
  readonly store: ObjectStore;
  /** The folder for copies of files. */
  readonly folder: string;
  readonly log: Logger;
}

export class Overlays {
  readonly #options: OverlaysOptions;
  readonly #kept = new Map<string, { readonly scope: OverlayScope; readonly overlay: Overlay }>();
  #made = 0;

  constructor(options: OverlaysOptions) {
    this.#options = options;
    options.store.watch({ kind: "Revision.serving.knative.dev" }, ({ type, object }) => {
      if (type === "ADDED") this.#mark(object);
      else if (type === "DELETED") this.#removeUnused();
    });
    options.store.watch({ kind: "Service.serving.knative.dev" }, ({ object, old }) => {
      const image = servingImage(object);
      // The image may contain newer files than those that were synced in the past.
      if (old && servingImage(old) !== image) this.clear({ service: namespacedName(object.metadata), image });
    });
  }

  /** Returns the overlay of these instances. It is empty at first. */
  of(scope: OverlayScope): Overlay {
    const key = keyOfScope(scope);
    const known = this.#kept.get(key);
    if (known) return known.overlay;
    const overlay = new Overlay(join(this.#options.folder, String(++this.#made)));
    this.#kept.set(key, { scope, overlay });
    return overlay;
  }

  /** Returns what the serving container of a pod gets before its start; undefined: nothing. */
  readonly archiveFor = (pod: StoredPod): FileArchive | undefined => {
    const found = [...this.#kept.values()].find(({ scope }) => this.isIn(scope, pod));
    return found?.overlay.archiveOf(found.overlay.entries);
  };

  isIn(scope: OverlayScope, { metadata: { namespace = "", labels } }: Pod): boolean {
    const revision = labels?.[REVISION_LABEL];
    if (revision === undefined) return false;
    const found = this.#options.store.get("Revision.serving.knative.dev", namespace, revision);
    return found !== undefined && isRevisionIn(scope, found);
  }

  /** Writes the number of differing files to each Revision with this Service and image. */
  markAll(scope: OverlayScope): void {
    for (const revision of this.#revisionsOf(scope)) this.#mark(revision);
  }

  /** Whether later instances get files. */
  has(scope: OverlayScope): boolean {
    return (this.#kept.get(keyOfScope(scope))?.overlay.entries.size ?? 0) > 0;
  }

  /** From then on, new instances have the files of the image only. */
  clear(scope: OverlayScope): void {
    if (!this.has(scope)) return;
    const overlay = this.of(scope);
    const before = overlay.entries;
    overlay.set(new Map());
    overlay.prune(before);
    this.markAll(scope);
  }

  /** Removes all copies. Failing to remove them does not stop the shutdown: the next session does it. */
  async close(): Promise<void> {
    const { folder, log } = this.#options;
    await rm(folder, { recursive: true, force: true }).catch((error: unknown) => {
      log.warn("cannot remove the copies of synced files", { error });
    });
  }

  #mark(revision: Stored<Revision>): void {
    const found = [...this.#kept.values()].find(({ scope }) => isRevisionIn(scope, revision));
    if (!found) return;
    const { dirty } = found.overlay;
    const annotations = { [DIRTY_ANNOTATION]: dirty === 0 ? null : String(dirty) };
    this.#options.store.patchMerge(keyOf(revision), { metadata: { annotations } });
  }

  /** Removes the overlays whose image no Revision uses any more. */
  #removeUnused(): void {
    for (const [key, { scope, overlay }] of this.#kept) {
      if (this.#revisionsOf(scope).length > 0 || this.#isNewest(scope)) continue;
      this.#kept.delete(key);
      runInBackground(this.#options.log, "removing copies of synced files", () => overlay.remove());
    }
  }

  /** Returns true if the Service asks for the image now. Its Revision may not exist yet. */
  #isNewest({ service, image }: OverlayScope): boolean {
    const { namespace, name } = parseNamespacedName(service);
    const found = this.#options.store.get("Service.serving.knative.dev", namespace, name);
    return found !== undefined && servingImage(found) === image;
  }

  #revisionsOf(scope: OverlayScope): readonly Stored<Revision>[] {
    const { namespace } = parseNamespacedName(scope.service);
    const all = this.#options.store.list("Revision.serving.knative.dev", { namespace });
    return all.filter((revision) => isRevisionIn(scope, revision));
  }
}

function keyOfScope({ service, image }: OverlayScope): string {
  return JSON.stringify([service, image]);
}

function servingImage({ spec }: Service): string {
  return servingContainer(spec.template?.spec?.containers ?? [])?.image ?? "";
}

function isRevisionIn({ service, image }: OverlayScope, { metadata, spec }: Stored<Revision>): boolean {
  const name = metadata.labels?.[SERVICE_LABEL] ?? "";
  return (
    namespacedName({ namespace: metadata.namespace, name }) === service &&
    servingContainer(spec.containers)?.image === image
  );
}
