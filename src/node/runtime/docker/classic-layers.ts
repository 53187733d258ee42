// Removes images without a name that the classic builder made for steps, once they are no longer its cache.
import type Docker from "dockerode";
import { ifFound, tolerate } from "./engine-error.ts";

/** The images of steps that a build printed, by short id. */
export interface StepImages {
  /** Made by this build. */
  readonly made: ReadonlySet<string>;
  /** Made by this build or an earlier one. */
  readonly used: ReadonlySet<string>;
}

/** Remembers the images that the builds of each repository made. Other programs' images are never removed. */
export class ClassicLayers {
  readonly #docker: Docker;
  readonly #made = new Map<string, Set<string>>();

  constructor(docker: Docker) {
    this.#docker = docker;
  }

  /** Keeps the images of a failed build: they are the cache of the next one. */
  keep(repository: string, { made }: StepImages): void {
    const known = this.#made.get(repository) ?? new Set();
    for (const id of made) known.add(id);
    this.#made.set(repository, known);
  }

  /** Removes the images of earlier builds that this successful build did not use. */
  async replace(repository: string, images: StepImages): Promise<void> {
    this.keep(repository, images);
    const known = this.#made.get(repository) ?? new Set();
    // The engine refuses to remove an image on which another one is based, so the newest come first.
    for (const id of [...known].reverse()) {
      if (images.used.has(id)) continue;
      known.delete(id);
      const found = await ifFound(this.#docker.getImage(id).inspect());
      const isNamed = (found?.RepoTags ?? []).length > 0 || (found?.RepoDigests ?? []).length > 0;
      if (found && !isNamed) await tolerate(this.#docker.getImage(id).remove(), isInUseOrGone);
    }
  }
}

const isInUseOrGone = ({ statusCode }: { readonly statusCode?: number }): boolean =>
  statusCode === 409 || statusCode === 404;
