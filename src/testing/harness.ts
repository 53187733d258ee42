// The test library's session: started by a test file, closed at its end.
import { Agent } from "node:http";
import { resolve } from "node:path";
import { makeHttpClient } from "../client/http-client.ts";
import { debugText } from "./debug-text.ts";
import { type HarnessFaults, makeFaults } from "./faults.ts";
import { HarnessError, refusalOf } from "./harness-error.ts";
import { sendToIngress } from "./ingress-request.ts";
import { millisecondsOf } from "./milliseconds.ts";
import type { Duration, HarnessOptions } from "./options.ts";
import type { StartedSession } from "./protocol.ts";
import type { RunningHarness } from "./running-harness.ts";
import { ServiceUnderTest, type WaitOptions } from "./service.ts";
import { SessionProcess } from "./session-process.ts";

/** A Kubernetes object, as in a manifest. */
export interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** The clock of scaling: windows, grace periods, back-offs, timestamps of objects. */
export interface HarnessClock {
  /** Resolves with the session's time. */
  now(): Promise<Date>;
  /**
   * Lets virtual time pass and resolves with the new time. Starts and stops of containers that become due are finished
   * by then. Throws a {@link HarnessError} on the real clock.
   */
  advance(duration: Duration): Promise<Date>;
}

/**
 * One session of knap for the tests of a file. Its network, ports, containers and folder are its own, so files can run
 * in parallel.
 */
export class Harness implements AsyncDisposable {
  readonly #options: HarnessOptions;
  #process: SessionProcess | undefined;
  #starting: Promise<this> | undefined;
  #running: RunningHarness | undefined;

  /** @internal */
  constructor(options: HarnessOptions) {
    this.#options = options;
  }

  /**
   * Starts the session, builds and applies the files, and resolves when every Service is Ready. Throws a
   * {@link HarnessError} with the conditions and the findings of `knap doctor` if a Service fails, if the options or
   * files have errors, or if the machine prevents the start; then nothing is left behind. A second call returns the
   * same promise.
   */
  start(): Promise<this> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  /** Stops the session: requests in flight get 5 s, containers their stop timeout. Does nothing if none runs. */
  async close(): Promise<void> {
    const process = this.#process;
    this.#running?.closeConnections();
    this.#process = undefined;
    this.#starting = undefined;
    this.#running = undefined;
    await process?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Returns the verbs on one Service. It need not exist yet. `namespace`: default that of the session. */
  service(name: string, { namespace }: { readonly namespace?: string } = {}): ServiceUnderTest {
    return new ServiceUnderTest(name, namespace, () => this.#open());
  }

  /**
   * Builds and applies manifests, and resolves when their Services are Ready: paths of files or folders, URLs, YAML
   * texts (with a line end), or objects. Options of the harness apply to them too. Throws a {@link HarnessError} with
   * file and line of each error.
   */
  async apply(
    manifests: string | ManifestObject | readonly (string | ManifestObject)[],
    { timeout }: WaitOptions = {},
  ): Promise<void> {
    const all = [manifests].flat() as readonly (string | ManifestObject)[];
    const isFile = (each: string | ManifestObject): each is string => typeof each === "string" && !each.includes("\n");
    const text = all
      .filter((each) => !isFile(each))
      .map((each) => (typeof each === "string" ? each : JSON.stringify(each)))
      .join("\n---\n");
    const files = [...all.filter(isFile), ...(text === "" ? [] : ["-"])];
    await this.#open().process.request({ verb: "apply", files, text, ...limit(timeout) });
  }

  /**
   * Ends all faults, deletes everything that `start` and `apply` applied, and resolves when the files of the start are
   * deployed again: each Service has its first revision. The virtual clock goes on.
   */
  async reset({ timeout }: WaitOptions = {}): Promise<void> {
    await this.faults.clear();
    await this.#open().process.request({ verb: "reset", ...limit(timeout) });
  }

  /** The session's time. */
  readonly clock: HarnessClock = {
    now: async () => new Date(await this.#clockCall("GET", "/clock")),
    advance: async (duration) =>
      new Date(await this.#clockCall("POST", "/clock/advance", { ms: millisecondsOf(duration) })),
  };

  /** Faults on demand: slow starts, crashes, errors, latency and others; see docs/faults.md. */
  readonly faults: HarnessFaults = makeFaults(() => this.#open());

  /**
   * Resolves with the state of the session for people: conditions, scale and its reasons, pods, events, output. Print
   * it when a test fails.
   */
  debug(): Promise<string> {
    return debugText(this.#open(), (name, namespace) => this.service(name, { namespace }));
  }

  /** Where the ingress listens. Other clients send the Host of a Service to it. */
  get ingress(): { readonly host: string; readonly port: number } {
    return this.#open().ingress;
  }

  /** The path of a kubeconfig for kubectl, kn and client libraries. */
  get kubeconfig(): string {
    return this.#open().kubeconfig;
  }

  /** The id of the session, for commands: `knap get pods --session ID`. */
  get session(): string {
    return this.#open().session;
  }

  async #start(): Promise<this> {
    const { cwd = ".", env = {}, verbose = false, ...options } = this.#options;
    const process = new SessionProcess({ cwd: resolve(cwd), env, verbose });
    this.#process = process;
    try {
      const started = (await process.request({ verb: "start", options })) as StartedSession;
      const { ingress, api } = started;
      const agent = new Agent({ keepAlive: true });
      this.#running = {
        ...started,
        process,
        client: makeHttpClient(api),
        send: (host, path, init, headers) => sendToIngress({ agent, ingress, host, path, init, headers }),
        closeConnections: () => agent.destroy(),
      };
      return this;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  #open(): RunningHarness {
    if (this.#running !== undefined) return this.#running;
    throw new HarnessError("the harness is not started: await start() first, for example in a hook before all tests");
  }

  async #clockCall(method: "GET" | "POST", path: string, body?: object): Promise<number> {
    try {
      return (await this.#open().client.knap<{ readonly time: number }>(method, path, body)).time;
    } catch (error) {
      throw refusalOf(error);
    }
  }
}

function limit(timeout: Duration | undefined): { readonly timeoutMs?: number } {
  return timeout === undefined ? {} : { timeoutMs: millisecondsOf(timeout) };
}

/** Makes a harness. Nothing starts before {@link Harness.start}. */
export function createHarness(options: HarnessOptions = {}): Harness {
  return new Harness(options);
}
