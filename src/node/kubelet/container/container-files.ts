// Brings synced files into one container of a pod: all of them before its start, and later changes. Works in order, so
// that an older change never overwrites a newer one.
import { servingContainer } from "../../../apis/core/pod.ts";
import { SerialQueue } from "../../../base/serial-queue.ts";
import { RuntimeError } from "../../runtime/runtime.ts";
import type { NodeParts } from "../node-parts.ts";
import type { FileArchive, FileChange, FileReceiver } from "../overlay-port.ts";
import type { PodState } from "../pod/pod-events.ts";
import type { ContainerFacts } from "../pod/pod-facts.ts";
import { renderSecurity } from "../spec/security-spec.ts";
import { readArchivedFile } from "./archived-file.ts";

/** `absent`: no container exists now; the next one gets the files before its start. */
export type Placement =
  | { readonly state: "absent" }
  | {
      readonly state: "placed";
      /** Whether the process started before the files were there. */
      readonly isStale: boolean;
      /** Whether the files to delete are still there, so that a new container must replace this one. */
      readonly needsNew: boolean;
    };

export class ContainerFiles {
  readonly #parts: Pick<NodeParts, "runtime" | "overlayOf">;
  readonly #pod: Pick<PodState, "facts">;
  readonly #name: string;
  readonly #changes = new SerialQueue();
  /** The container whose current process was started. */
  #started: string | undefined;

  constructor(parts: Pick<NodeParts, "runtime" | "overlayOf">, pod: Pick<PodState, "facts">, name: string) {
    this.#parts = parts;
    this.#pod = pod;
    this.#name = name;
  }

  /** Runs `start` when no change of files is in progress. `isNew`: the container gets all synced files first. */
  start(containerId: string, { isNew }: { readonly isNew: boolean }, start: () => Promise<void>): Promise<void> {
    return this.#changes.run(async () => {
      const archive = isNew ? this.#overlay() : undefined;
      if (archive) await this.#parts.runtime.putArchive(containerId, "/", await archive(this.#receiver(containerId)));
      this.#started = containerId;
      await start();
    });
  }

  /** From now on, changes of files come before the next start. */
  onEnding(): void {
    this.#started = undefined;
  }

  /** Rejects with a RuntimeError if the container cannot get the files. */
  place(change: FileChange): Promise<Placement> {
    return this.#changes.run(async () => {
      const { run } = this.#facts;
      const id = run.state === "running" || run.state === "starting" ? run.containerId : undefined;
      if (id === undefined) return { state: "absent" };
      try {
        const needsNew = change.deleted.length > 0 && !(await this.#delete(id, change.deleted));
        // A new container gets all files, and old files could be in the way of new folders here.
        const archive = needsNew ? undefined : await change.archive?.(this.#receiver(id));
        if (archive) await this.#parts.runtime.putArchive(id, "/", archive);
        return { state: "placed", isStale: this.#started === id, needsNew };
      } catch (error) {
        // The container was removed meanwhile.
        if (error instanceof RuntimeError && error.code === "not-found") return { state: "absent" };
        throw error;
      }
    });
  }

  get #facts(): ContainerFacts {
    return this.#pod.facts.containers.find(({ name }) => name === this.#name) as ContainerFacts;
  }

  #overlay(): FileArchive | undefined {
    const { pod } = this.#pod.facts;
    return servingContainer(pod.spec.containers)?.name === this.#name ? this.#parts.overlayOf(pod) : undefined;
  }

  /** Returns false if the container does not run, has no `rm`, or does not let it delete the files. */
  async #delete(id: string, paths: readonly string[]): Promise<boolean> {
    if (this.#facts.run.state !== "running") return false;
    const running = this.#parts.runtime.exec(id, ["rm", "-rf", "--", ...paths], { user: "0" });
    const result = await running.catch(undefinedIfStopped);
    return result?.exitCode === 0;
  }

  #receiver(containerId: string): FileReceiver {
    const { runtime } = this.#parts;
    const { spec, usable } = this.#facts;
    const imageUser = usable?.user ?? "";
    const rendered = renderSecurity(this.#pod.facts.pod, spec, imageUser);
    const user = "security" in rendered ? rendered.security.user : undefined;
    const read = async (path: string): Promise<string> => {
      const archive = await runtime.getArchive(containerId, path).catch(emptyIfMissing);
      return archive ? readArchivedFile(archive) : "";
    };
    return { user: user ?? imageUser, read };
  }
}

function emptyIfMissing(error: unknown): undefined {
  if (!(error instanceof RuntimeError) || error.code !== "not-found") throw error;
}

function undefinedIfStopped(error: unknown): undefined {
  if (!(error instanceof RuntimeError) || error.code !== "conflict") throw error;
}
