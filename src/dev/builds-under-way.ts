// At most one build of each Service at a time. A build outlives the deployment that asked for it: the next one joins it when the sources are the same,
// and only other sources of that Service end it.
import type { BuildServiceImage } from "../node/agent/image-builder.ts";

type Outcome = Awaited<ReturnType<BuildServiceImage>>;

interface Build {
  readonly hash: string;
  readonly abort: AbortController;
  readonly outcome: Promise<Outcome>;
}

export interface BuildWish {
  readonly service: string;
  /** Of everything that the image is made from. */
  readonly hash: string;
  /** The asker waits no longer; the build goes on. */
  readonly signal: AbortSignal;
}

export class BuildsUnderWay implements AsyncDisposable {
  readonly #builds = new Map<string, Build>();

  isUnderWay(service: string, hash: string): boolean {
    return this.#builds.get(service)?.hash === hash;
  }

  /** Rejects when the asker's signal aborts, or its build was ended for the sake of newer sources. */
  async join({ service, hash, signal }: BuildWish, start: (signal: AbortSignal) => Promise<Outcome>): Promise<Outcome> {
    signal.throwIfAborted();
    return orAborted(this.#take(service, hash, start), signal);
  }

  #take(service: string, hash: string, start: (signal: AbortSignal) => Promise<Outcome>): Promise<Outcome> {
    const before = this.#builds.get(service);
    if (before?.hash === hash) return before.outcome;
    before?.abort.abort();
    const abort = new AbortController();
    // The engine lets go of the old build first.
    const ended = before?.outcome.then(
      () => {},
      () => {},
    );
    const outcome = Promise.resolve(ended).then(() => {
      abort.signal.throwIfAborted();
      return start(abort.signal);
    });
    const build = { hash, abort, outcome };
    this.#builds.set(service, build);
    const forget = (): void => {
      if (this.#builds.get(service) === build) this.#builds.delete(service);
    };
    outcome.then(forget, forget);
    return outcome;
  }

  /** Ends them all, and waits until they have let go. */
  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#builds.values()];
    for (const { abort } of all) abort.abort();
    await Promise.allSettled(all.map(({ outcome }) => outcome));
  }
}

/** The promise, or a rejection as soon as the signal aborts. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const give = (): void => reject(signal.reason);
    signal.addEventListener("abort", give, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", give));
  });
}
