// Resolves images to digests for the Revision reconciler. After errors, retries with the delays of Knative's
// pkg/reconciler/revision/background.go.
import { runInBackground } from "../../base/background.ts";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { AnswerOf, Inquiry } from "../../control-plane/controller/reconciler.ts";
import type { ObjectStore } from "../../control-plane/store/object-store.ts";
import { answerDigest } from "../image/digest-answers.ts";
import type { ImageLibrary } from "../image/image-library.ts";
import { configsOfSecrets, readDockerConfig } from "../image/registry-auth.ts";
import type { ContainerRuntime } from "../runtime/runtime.ts";

type Question = Extract<Inquiry, { ask: "Digest" }>;
type Done = (answer: AnswerOf<Question>) => void;

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 1000 * 1000;

export interface DigestsOptions {
  readonly clock: Clock;
  /** Counts a request as in flight until it settles. */
  readonly track: <T>(request: Promise<T>) => Promise<T>;
  readonly runtime: ContainerRuntime;
  readonly library: ImageLibrary;
  readonly store: ObjectStore;
  /** Registries whose tags are not resolved. */
  readonly skip: () => ReadonlySet<string>;
  readonly log: Logger;
}

export class Digests {
  readonly #options: DigestsOptions;
  readonly #retries = new Set<Disposable>();
  #userConfig: ReturnType<typeof readDockerConfig> | undefined;
  #closed = false;

  constructor(options: DigestsOptions) {
    this.#options = options;
  }

  /** Retries after errors while the revision exists: after 1 s, 2 s, 4 s, … at most 1000 s. */
  inquire(question: Question, done: Done): void {
    this.#run(question, done, FIRST_RETRY_MS);
  }

  close(): void {
    this.#closed = true;
    for (const retry of this.#retries) retry[Symbol.dispose]();
    this.#retries.clear();
  }

  #run(question: Question, done: Done, retryMs: number): void {
    const { log, track } = this.#options;
    runInBackground(log, "resolving a digest", () => track(this.#ask(question, done, retryMs)));
  }

  async #ask(question: Question, done: Done, retryMs: number): Promise<void> {
    const { runtime, library, skip, clock } = this.#options;
    const configs = async () => [...this.#pullSecrets(question), await this.#readUserConfig()];
    const answer = await answerDigest({ image: question.image, skip: skip(), configs }, { runtime, library });
    if (this.#closed) return;
    done(answer);
    if (!("error" in answer) || !this.#isWanted(question)) return;
    const retry = clock.at(clock.now() + retryMs, () => {
      this.#retries.delete(retry);
      this.#run(question, done, Math.min(LAST_RETRY_MS, retryMs * 2));
    });
    this.#retries.add(retry);
  }

  /** Concurrent questions share one read of the file. */
  #readUserConfig(): ReturnType<typeof readDockerConfig> {
    this.#userConfig ??= readDockerConfig(process.env).finally(() => {
      this.#userConfig = undefined;
    });
    return this.#userConfig;
  }

  #isWanted({ namespace, revisionUid }: Question): boolean {
    const revisions = this.#options.store.list("Revision.serving.knative.dev", { namespace });
    return revisions.some(({ metadata }) => metadata.uid === revisionUid);
  }

  #pullSecrets({ namespace, pullSecrets }: Question) {
    return configsOfSecrets(pullSecrets.flatMap((name) => this.#options.store.get("Secret", namespace, name) ?? []));
  }
}
