// Runs at most one build per Service. A build continues after its deployment is cancelled: the next deployment joins it
// if the sources are the same, and cancels it otherwise.
import type { BuildOutcome } from "../node/agent/image-builder.ts";

interface Build {
  readonly hash: string;
  readonly abort: AbortController;
  readonly outcome: Promise<BuildOutcome>;
}

export interface ServiceBuildRequest {
  readonly service: string;
  /** Hash of all inputs of the image. */
  readonly hash: string;
  /** Aborts the caller's wait, not the build. */
  readonly signal: AbortSignal;
}

export class BuildsUnderWay implements AsyncDisposable {
  readonly #builds = new Map<string, Build>();

  isUnderWay(service: string, hash: string): boolean {
    return this.#builds.get(service)?.hash === hash;
  }

  /** Resolves to the outcome. Rejects if the signal aborts, or if newer sources cancel the build. */
  async join(
    { service, hash, signal }: ServiceBuildRequest,
    start: (signal: AbortSignal) => Promise<BuildOutcome>,
  ): Promise<BuildOutcome> {
    signal.throwIfAborted();
    return orAborted(this.#take(service, hash, start), signal);
  }

  #take(service: string, hash: string, start: (signal: AbortSignal) => Promise<BuildOutcome>): Promise<BuildOutcome> {
    const before = this.#builds.get(service);
    if (before?.hash === hash) return before.outcome;
    before?.abort.abort();
    const abort = new AbortController();
    // The new build starts after the engine has released the old one.
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

  /** Cancels all builds and waits until they have stopped. */
  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#builds.values()];
    for (const { abort } of all) abort.abort();
    await Promise.allSettled(all.map(({ outcome }) => outcome));
  }
}

/** Resolves with the promise's result; rejects as soon as the signal aborts. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const rejectAborted = (): void => reject(signal.reason);
    signal.addEventListener("abort", rejectAborted, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", rejectAborted));
  });
}
