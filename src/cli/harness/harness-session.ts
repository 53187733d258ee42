// Does the verbs of the test library in a running session: apply, reset, wait until Ready.
import type { ObjectKey } from "../../apis/meta/key.ts";
import { keyOf, keyText } from "../../apis/meta/key.ts";
import { SERVICE_LABEL } from "../../apis/serving/labels.ts";
import type { Service } from "../../apis/serving/types.ts";
import { SerialQueue } from "../../base/serial-queue.ts";
import { sleep } from "../../base/sleep.ts";
import type { DevEvent } from "../../dev/dev-event.ts";
import type { Project } from "../../project/project.ts";
import type { HarnessRequest } from "../../testing/protocol.ts";
import { awaitReady } from "../ci/await-ready.ts";
import { CliError, usageError } from "../cli-error.ts";
import { deployAll, deploySessionOf, openSessionDeployer, type SessionDeployer } from "../session/session-deployer.ts";
import type { RunningSession } from "../session/start-session.ts";
import type { Environment } from "../terminal.ts";

const POLL_MS = 25;

export interface HarnessSessionParts {
  readonly session: RunningSession;
  /** The project of the start. */
  readonly project: Project;
  /** Loads files, or documents for the name `-`. Throws a {@link CliError} if they have errors. */
  load(files: readonly string[], text: string): Promise<Project>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Verbs that deploy run one after the other. */
export class HarnessSession implements AsyncDisposable {
  readonly #parts: HarnessSessionParts;
  readonly #opened: SessionDeployer;
  /** The objects that exist because of this class. */
  readonly #applied = new Map<string, ObjectKey>();
  readonly #deployments = new SerialQueue();

  static async open(parts: HarnessSessionParts, env: Environment, emit: (event: DevEvent) => void) {
    return new HarnessSession(parts, await openSessionDeployer(deploySessionOf(parts.session), env, emit));
  }

  private constructor(parts: HarnessSessionParts, opened: SessionDeployer) {
    this.#parts = parts;
    this.#opened = opened;
  }

  /** Deploys the project of the start. Throws a {@link CliError} if a Service does not become Ready. */
  start(): Promise<void> {
    return this.#deployments.run(() => this.#deploy(this.#parts.project, this.#parts.timeoutMs));
  }

  handle(request: Exclude<HarnessRequest, { verb: "start" }>): Promise<void> {
    const { timeoutMs = this.#parts.timeoutMs } = request;
    switch (request.verb) {
      case "apply":
        return this.#deployments.run(async () => {
          await this.#deploy(await this.#parts.load(request.files, request.text), timeoutMs);
        });
      case "reset":
        return this.#deployments.run(async () => {
          await this.#deleteAll();
          await this.#deploy(this.#parts.project, timeoutMs);
        });
      case "ready":
        return this.#ready(request, timeoutMs);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened[Symbol.asyncDispose]();
  }

  async #deploy(project: Project, timeoutMs: number): Promise<void> {
    for (const object of project.objects) {
      const key = keyOf(object);
      this.#applied.set(keyText(key), key);
    }
    await deployAll(this.#opened.deployer, project, this.#parts.signal);
    await this.#awaitReady(
      project.services.map(({ object }) => object),
      timeoutMs,
    );
  }

  async #awaitReady(services: readonly Service[], timeoutMs: number): Promise<void> {
    const { session, signal } = this.#parts;
    const outcomes = await awaitReady(session.emulator.client, services, { timeoutMs, signal });
    for (const { problem } of outcomes) if (problem !== undefined) throw new CliError(problem);
  }

  async #ready({ namespace, name }: { readonly namespace: string; readonly name: string }, timeoutMs: number) {
    const kind = "Service.serving.knative.dev";
    const service = await this.#parts.session.emulator.client.get({ kind, namespace, name });
    if (service === undefined) throw usageError(`there is no Service "${name}" in namespace ${namespace}`);
    await this.#awaitReady([service], timeoutMs);
  }

  /** Resolves when the applied Services and their pods are gone. Namespaces stay. */
  async #deleteAll(): Promise<void> {
    const { client } = this.#parts.session.emulator;
    const keys = [...this.#applied.values()].filter(({ kind }) => kind !== "Namespace").reverse();
    const services = keys.filter(({ kind }) => kind === "Service.serving.knative.dev");
    for (const key of keys) if ((await client.get(key)) !== undefined) await client.delete(key);
    for (const { kind, namespace, name } of services) {
      const labels = { matchLabels: { [SERVICE_LABEL]: name } };
      const isLeft = async (): Promise<boolean> =>
        (await client.get({ kind, namespace, name })) !== undefined ||
        (await client.list("Pod", { namespace, labels })).items.length > 0;
      while (await isLeft()) await this.#pause();
    }
    this.#applied.clear();
  }

  async #pause(): Promise<void> {
    const { signal } = this.#parts;
    await sleep(POLL_MS, signal);
    if (signal.aborted) throw new CliError({ code: "INTERRUPTED", what: "the session ends" });
  }
}
