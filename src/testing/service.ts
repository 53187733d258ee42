// The verbs of the test library on one Service.
import { isPodServing } from "../apis/core/pod.ts";
import type { Event, Pod } from "../apis/core/types.ts";
import { parseNamespacedName } from "../apis/meta/key.ts";
import { DEFAULT_CONTAINER_ANNOTATION, SERVICE_LABEL } from "../apis/serving/labels.ts";
import type { Service } from "../apis/serving/types.ts";
import type { Client } from "../client/client.ts";
import { readExplanation, shownRevisions } from "../client/explain.ts";
import type { LastExit } from "../client/last-exit.ts";
import type { ColdStart } from "../client/live.ts";
import { type AnsweredBy, REQUEST_ID_HEADER } from "../client/requests.ts";
import { HarnessError, refusalOf } from "./harness-error.ts";
import { millisecondsOf } from "./milliseconds.ts";
import type { Duration } from "./options.ts";
import type { RunningHarness } from "./running-harness.ts";

/** A standard Response, with what knap knows about the request. */
export interface ServiceResponse extends Response {
  /** The name of the revision that got the request; absent if the ingress answered itself. */
  readonly revision?: string | undefined;
  /** The name of the pod that answered; absent if none did. */
  readonly pod?: string | undefined;
  /** The start of the pod, if the request waited for it. `totalMs` is the time until the first byte of the response. */
  readonly coldStart?: ColdStart | undefined;
}

export interface WaitOptions {
  /**
   * The longest wait, on the session's clock. Default: 2 minutes on real time, no limit on virtual time. A wait that
   * cannot end fails at once.
   */
  readonly timeout?: Duration;
}

/** An Event of the Service or of an object that belongs to it. */
export interface ServiceEvent {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  /** `Revision/hello-00001` */
  readonly object: string;
  /** How often it happened. */
  readonly count: number;
  /** RFC 3339: when it happened last. */
  readonly time: string;
}

const KIND = "Service.serving.knative.dev";
const REAL_TIMEOUT_MS = 120_000;

/** The URLs of one tag of a Service's traffic. */
export interface TaggedService {
  /** Like {@link ServiceUnderTest.fetch}, to the revision with the tag. */
  fetch(path?: string, init?: RequestInit): Promise<ServiceResponse>;
}

/** The verbs on one Service; {@link Harness.service} makes it. */
export class ServiceUnderTest {
  readonly name: string;
  /** Absent: the namespace of the session. */
  readonly namespace: string | undefined;
  readonly #running: () => RunningHarness;

  /** @internal */
  constructor(name: string, namespace: string | undefined, running: () => RunningHarness) {
    this.name = name;
    this.namespace = namespace;
    this.#running = running;
  }

  /**
   * Sends a request through the ingress, as a client of the cluster would, and resolves when the head of the response
   * is there. Takes the options of the standard `fetch`. Does not follow redirects, and does not throw for any status.
   * A request to a Service at zero waits until a pod is ready. Throws a {@link HarnessError} if nothing answers.
   */
  async fetch(path = "/", init: RequestInit = {}): Promise<ServiceResponse> {
    const { status } = await this.#read();
    return this.#send(status?.url, path, init);
  }

  /** Returns the URLs of a tag in `spec.traffic`. */
  tag(tag: string): TaggedService {
    return {
      fetch: async (path = "/", init = {}) => {
        const traffic = (await this.#read()).status?.traffic ?? [];
        const target = traffic.find((each) => each.tag === tag);
        const tags = traffic.flatMap((each) => each.tag ?? []).join(", ");
        if (target === undefined)
          throw new HarnessError(`${this.name} has no tag "${tag}" in its traffic; its tags: ${tags || "none"}`);
        return this.#send(target.url, path, init);
      },
    };
  }

  /**
   * Sends `count` requests, at most 10 at once, and resolves with the number of answers by the name of the revision.
   * Throws a {@link HarnessError} if a request got no revision.
   */
  async sample(count: number, path = "/", init: RequestInit = {}): Promise<Readonly<Record<string, number>>> {
    const answers: Record<string, number> = {};
    let left = count;
    const sendSome = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const response = await this.fetch(path, init);
        await response.arrayBuffer();
        const { revision, status } = response;
        if (revision === undefined)
          throw new HarnessError(`${this.name}: no revision got the request (HTTP ${status})`);
        answers[revision] = (answers[revision] ?? 0) + 1;
      }
    };
    await Promise.all(Array.from({ length: Math.min(count, 10) }, sendSome));
    return answers;
  }

  /**
   * Resolves when the condition Ready is True for the newest generation. Throws a {@link HarnessError} with the
   * condition, the pod's reason and the last output, as soon as the Service fails or its container cannot start.
   */
  async waitReady({ timeout }: WaitOptions = {}): Promise<void> {
    const { process, namespace } = this.#running();
    const limit = timeout === undefined ? {} : { timeoutMs: millisecondsOf(timeout) };
    await process.request({ verb: "ready", namespace: this.namespace ?? namespace, name: this.name, ...limit });
  }

  /**
   * Resolves when the Service has no pods. The virtual clock advances to that point; only the stop of the container
   * takes real time. Throws a {@link HarnessError} with the sentences of `explain` if the wait cannot end.
   */
  waitForZero(options: WaitOptions = {}): Promise<void> {
    return this.waitForScale(0, options);
  }

  /** Resolves when the Service has exactly this number of pods, and all are ready. Otherwise as {@link waitForZero}. */
  async waitForScale(pods: number, { timeout }: WaitOptions = {}): Promise<void> {
    const { clock } = this.#running();
    const timeoutMs =
      timeout === undefined ? (clock === "real" ? REAL_TIMEOUT_MS : undefined) : millisecondsOf(timeout);
    await this.#call((client, namespace) =>
      client.knap("POST", "/wait", { service: this.name, namespace, replicas: pods, timeoutMs }),
    );
  }

  /** Resolves with the names of the pods that are not being deleted. */
  async pods(): Promise<readonly string[]> {
    const pods = await this.#listPods();
    return pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map(({ metadata }) => metadata.name);
  }

  /** Resolves with one line per revision: why it has its present scale. */
  async explain(): Promise<string> {
    const service = await this.#read();
    const lines = await this.#call((client, namespace) =>
      Promise.all(
        shownRevisions(service).map(async (revision) => {
          const { sentence } = await readExplanation(client, namespace, revision);
          return `${revision}: ${sentence}`;
        }),
      ),
    );
    return lines.join("\n");
  }

  /**
   * Resolves with the output of the Service's pods, one entry per line. The output of a pod is deleted with the pod.
   * `tail`: only so many last lines of each pod. `container`: default the container that gets the requests.
   */
  async logs(options: { readonly tail?: number; readonly container?: string } = {}): Promise<readonly string[]> {
    const pods = await this.#listPods();
    const outputs = pods.map(({ metadata: { namespace = "", name, annotations } }) =>
      this.#call(async (client) => {
        const container = options.container ?? annotations?.[DEFAULT_CONTAINER_ANNOTATION];
        const lines: string[] = [];
        for await (const line of client.logs({ namespace, name }, { container, tail: options.tail })) lines.push(line);
        return lines;
      }),
    );
    return (await Promise.all(outputs)).flat();
  }

  /** Resolves with the Events of the Service and of the objects that belong to it, oldest first. */
  async events(): Promise<readonly ServiceEvent[]> {
    const { items } = await this.#call((client, namespace) => client.list("Event", { namespace }));
    const isOwn = ({ involvedObject: { name = "" } }: Event): boolean =>
      name === this.name || name.startsWith(`${this.name}-0`);
    return items
      .filter(isOwn)
      .map(({ type = "", reason = "", message = "", involvedObject, count = 1, lastTimestamp, firstTimestamp }) => ({
        type,
        reason,
        message,
        object: `${involvedObject.kind}/${involvedObject.name}`,
        count,
        time: lastTimestamp ?? firstTimestamp ?? "",
      }))
      .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  }

  /** Resolves with how a container of the Service ended last, also of a pod that is gone; undefined if none ended. */
  async lastExit(): Promise<LastExit | undefined> {
    const exit = await this.#call((client, namespace) =>
      client.knap<LastExit | Record<string, never>>(
        "GET",
        `/last-exit?${new URLSearchParams({ namespace, service: this.name })}`,
      ),
    );
    return "pod" in exit ? (exit as LastExit) : undefined;
  }

  /**
   * Deletes one ready pod, as a cluster does when it moves pods: drain, SIGTERM, a new pod. With `signal`, sends only
   * the signal to its containers, as a crash would. Resolves with the name of the pod: when it is gone, after SIGKILL
   * when it serves no more, after another signal at once.
   */
  async terminateOne({ signal }: { readonly signal?: NodeJS.Signals } = {}): Promise<string> {
    const pod = (await this.#listPods()).find(isPodServing);
    if (pod === undefined)
      throw new HarnessError(`${this.name} has no ready pod to terminate\n${await this.explain()}`);
    const { namespace = "", name } = pod.metadata;
    await this.#call(async (client) => {
      const kill = () => client.knap("POST", "/kill", { namespace, pod: name, signal });
      const remove = () => client.delete({ kind: "Pod", namespace, name });
      if (signal === undefined) await actOnPod(client, pod, remove, () => false);
      else if (signal === "SIGKILL") await actOnPod(client, pod, kill, (changed) => !isPodServing(changed));
      else await kill();
    });
    return name;
  }

  async #send(url: string | undefined, path: string, init: RequestInit): Promise<ServiceResponse> {
    if (url === undefined)
      throw new HarnessError(`${this.name} has no URL yet: wait until it is Ready\n${await this.explain()}`);
    const running = this.#running();
    const id = crypto.randomUUID();
    const response = await running.send(new URL(url).host, path, init, { [REQUEST_ID_HEADER]: id });
    const answered = await running.client
      .knap<AnsweredBy>("GET", `/requests?${new URLSearchParams({ id })}`)
      .catch(() => undefined);
    const revision = answered && parseNamespacedName(answered.revision).name;
    return Object.assign(response, { revision, pod: answered?.pod, coldStart: answered?.coldStart });
  }

  async #read(): Promise<Service> {
    const found = await this.#call((client, namespace) => client.get({ kind: KIND, namespace, name: this.name }));
    if (found !== undefined) return found;
    const { items } = await this.#call((client, namespace) => client.list(KIND, { namespace }));
    const names = items.map(({ metadata }) => metadata.name).join(", ");
    throw new HarnessError(`there is no Service "${this.name}"; the Services are: ${names || "none"}`);
  }

  async #listPods(): Promise<readonly Pod[]> {
    const labels = { matchLabels: { [SERVICE_LABEL]: this.name } };
    return (await this.#call((client, namespace) => client.list("Pod", { namespace, labels }))).items;
  }

  async #call<T>(run: (client: Client, namespace: string) => Promise<T>): Promise<T> {
    const { client, namespace } = this.#running();
    try {
      return await run(client, this.namespace ?? namespace);
    } catch (error) {
      throw refusalOf(error);
    }
  }
}

/** Calls `act` once the pod is watched. Resolves when the pod is gone, or when `isDone` is true for it after that. */
async function actOnPod(client: Client, pod: Pod, act: () => Promise<unknown>, isDone: (pod: Pod) => boolean) {
  const { namespace = "", name } = pod.metadata;
  const { signal } = new AbortController();
  let hasActed = false;
  for await (const event of client.watch("Pod", { namespace, signal })) {
    if (event.type === "RESTART") {
      if ((await client.get({ kind: "Pod", namespace, name })) === undefined) return;
    } else if (event.object.metadata.name === name) {
      if (event.type === "DELETED" || (hasActed && isDone(event.object))) return;
      if (!hasActed) await act();
      hasActed = true;
    }
  }
}
