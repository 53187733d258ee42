// Opens a node for tests and benchmarks: real runtime, store and kubelet, with a simple readiness check instead of a
// queue-proxy.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Container, PodSpec } from "../../src/apis/core/pod-spec.ts";
import { probePortNumber } from "../../src/apis/core/probe.ts";
import type { Deployment, Event, Pod } from "../../src/apis/core/types.ts";
import type { CoreMeta, OwnerReference } from "../../src/apis/meta/object.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { monotonicClock } from "../../src/base/monotonic-clock.ts";
import { EventRecorder } from "../../src/control-plane/controller/event-recorder.ts";
import { ObjectStore } from "../../src/control-plane/store/object-store.ts";
import { attemptProbe } from "../../src/data-plane/probe/attempt.ts";
import { ImageLibrary } from "../../src/node/image/image-library.ts";
import { makeConcurrencyLimit } from "../../src/node/kubelet/concurrency-limit.ts";
import { Kubelet, type KubeletOptions } from "../../src/node/kubelet/kubelet.ts";
import type { OpenQueueProxy, QueueProxyPort } from "../../src/node/kubelet/queue-proxy-port.ts";
import { readinessProbes } from "../../src/node/kubelet/spec/container-spec.ts";
import { openProcessRuntime } from "../../src/node/runtime/process/process-runtime.ts";
import type { ContainerRuntime } from "../../src/node/runtime/runtime.ts";
import { leftovers, openTestEngine, testAppPath, testImage, testLabel } from "./engine.ts";
import { eventually } from "./eventually.ts";

export interface NodeBench {
  readonly store: ObjectStore;
  readonly kubelet: Kubelet;
  readonly runtime: ContainerRuntime;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly filter: string;
  /** The number of in-flight requests that each pod's fake queue-proxy reports. */
  inFlight: { plain: number; upgraded: number };
  /** Creates a pod of one container that runs the test app, bound to the node. */
  pod(container?: Partial<Container>, spec?: Partial<PodSpec>, metadata?: Partial<CoreMeta>): Pod;
  now(name: string): Pod;
  ready(name: string): Promise<Pod>;
  remove(name: string, gracePeriodSeconds?: number): void;
  gone(name: string): Promise<void>;
  events(reason: string): readonly Event[];
  /** The address to which a pod's queue-proxy sends requests; undefined until it is open. */
  addressOf(name: string): { readonly host: string; readonly port: number } | undefined;
  /** Creates a Deployment without pods, as an owner for pods. */
  deployment(name: string): OwnerReference;
  /** Removes all pods and other containers of this bench. */
  clear(): Promise<void>;
  get(name: string, path: string): Promise<{ status: number; text: string; json(): unknown }>;
  /** Stops everything and expects no leftovers. */
  close(): Promise<void>;
}

const NODE = "knap";

export interface NodeBenchOptions extends Partial<KubeletOptions> {
  readonly engine?: Parameters<typeof openTestEngine>[0];
  /** The runtime as the kubelet sees it. */
  readonly through?: (runtime: ContainerRuntime) => ContainerRuntime;
}

/** Opens a node with the Docker or the process runtime. */
export async function openNodeBench(
  kind: "docker" | "process",
  { engine = {}, through = (runtime) => runtime, ...more }: NodeBenchOptions = {},
): Promise<NodeBench> {
  const { labels, filter } = testLabel();
  const folder = mkdtempSync(join(tmpdir(), "knap-node-"));
  const docker = kind === "docker";
  const runtime = through(docker ? await openTestEngine(engine) : openProcessRuntime({ session: "test", folder }));
  const image = docker ? await testImage(runtime) : "none";
  const network = docker
    ? await runtime.networks.open({ name: `knap-node-${labels["knap.dev/test"]}`, labels })
    : undefined;
  const info = await runtime.info();
  const store = new ObjectStore({
    clock: monotonicClock,
    random: { uid: () => randomUUID(), suffix: () => randomUUID().slice(0, 5) },
    freeze: true,
    onError: (error) => {
      throw error;
    },
  });
  const recorder = new EventRecorder(store, monotonicClock);
  const inFlight = { plain: 0, upgraded: 0 };
  const queueProxies = new Map<string, { host: string; port: number }>();
  const kubelet = new Kubelet({
    runtime,
    info,
    store,
    library: new ImageLibrary({ runtime, engine: info, userConfig: async () => ({}) }),
    openQueueProxy: plainQueueProxy(inFlight, queueProxies),
    overlayOf: () => undefined,
    clock: monotonicClock,
    nodeClock: monotonicClock,
    nodeName: NODE,
    hostIP: "10.0.0.1",
    prefix: `knap-${labels["knap.dev/test"]}`,
    labels,
    network,
    dns: undefined,
    extraHosts: [],
    startCommand: () =>
      docker
        ? undefined
        : { command: [process.execPath, testAppPath], folder: dirname(testAppPath), env: { BELOW: "yes" } },
    pullConfigs: () => [],
    record: (pod, note) => recorder.record(pod, note, "kubelet"),
    starts: makeConcurrencyLimit(8),
    stopPolicy: { stopTimeoutMs: 1_000, quietMs: 0 },
    log: silentLogger,
    ...more,
  });
  const now = (name: string): Pod => {
    const pod = store.get("Pod", "default", name);
    if (!pod) throw new Error(`pod ${name} is gone`);
    return pod;
  };
  return {
    store,
    kubelet,
    runtime,
    image,
    labels,
    filter,
    inFlight,
    now,
    pod: (container = {}, spec = {}, metadata = {}) => createPod({ store, image, container, spec, metadata }),
    ready: (name) =>
      eventually(() => {
        const pod = now(name);
        assert.equal(conditionOf(pod, "Ready")?.status, "True", JSON.stringify(pod.status));
        return pod;
      }, 20_000),
    remove: (name, gracePeriodSeconds) => {
      store.delete(
        { kind: "Pod", namespace: "default", name },
        gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds },
      );
    },
    gone: (name) => eventually(() => assert.equal(store.get("Pod", "default", name), undefined), 20_000),
    events: (reason) => store.list("Event").filter((event) => event.reason === reason),
    addressOf: (name) => queueProxies.get(name),
    deployment: (name) => createDeployment(store, name, image),
    clear: async () => {
      for (const { metadata } of store.list("Pod"))
        store.delete({ kind: "Pod", namespace: "default", name: metadata.name });
      await eventually(() => assert.equal(store.list("Pod").length, 0), 60_000);
      await Promise.all((await runtime.list(filter)).map(({ id }) => runtime.remove(id)));
    },
    get: (name, path) => {
      const address = queueProxies.get(name);
      if (!address) throw new Error(`pod ${name} has no queue-proxy`);
      return getOnce(address, path);
    },
    close: async () => {
      await kubelet.stopAll({ stopTimeoutMs: 200, quietMs: 0, graceMs: 200 });
      await kubelet.close();
      if (network) await runtime.networks.close(network.id);
      const left = await leftovers(runtime, filter);
      await runtime.close();
      rmSync(folder, { recursive: true });
      assert.deepEqual(left, []);
    },
  };
}

export function conditionOf(pod: Pod, type: string) {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}

/** Returns the status of one container. */
export function statusOf(pod: Pod, name = "user-container") {
  const status = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find(
    (one) => one.name === name,
  );
  if (!status) throw new Error(`no status of ${name}`);
  return status;
}

let pods = 0;

function createPod(wanted: {
  readonly store: ObjectStore;
  readonly image: string;
  readonly container: Partial<Container>;
  readonly spec: Partial<PodSpec>;
  readonly metadata: Partial<CoreMeta>;
}): Pod {
  const { store, image, container, spec, metadata } = wanted;
  const name = `pod-${++pods}`;
  const { env = [], ...rest } = container;
  const made = store.create<Pod>({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", ...metadata, labels: { app: name, ...metadata.labels } },
    spec: {
      nodeName: NODE,
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 30,
      ...spec,
      containers: [
        {
          name: "user-container",
          image,
          ports: [{ name: "user-port", containerPort: 8080 }],
          terminationMessagePolicy: "FallbackToLogsOnError",
          env: [...env, { name: "PORT", value: "8080" }, { name: "K_REVISION", value: "rev" }],
          ...rest,
        },
        ...(spec.containers ?? []),
        {
          name: "queue-proxy",
          image: "queue",
          env: [
            {
              name: "SERVING_READINESS_PROBE",
              value: JSON.stringify({ tcpSocket: { port: 8080 }, successThreshold: 1 }),
            },
          ],
          resources: { requests: { cpu: "25m" } },
        },
      ],
    },
    status: { phase: "Pending" },
  } as Pod);
  if ("refused" in made) throw new Error(made.refused.message);
  return made.object;
}

function createDeployment(store: ObjectStore, name: string, image: string): OwnerReference {
  const template = { spec: { containers: [{ name: "user-container", image }] } };
  const kind = { apiVersion: "apps/v1", kind: "Deployment" } as const;
  const made = store.create<Deployment>({
    ...kind,
    metadata: { name, namespace: "default" },
    spec: { selector: {}, template },
  });
  if ("refused" in made) throw new Error(made.refused.message);
  return { ...kind, name, uid: made.object.metadata.uid ?? "", controller: true };
}

function plainQueueProxy(
  inFlight: { plain: number; upgraded: number },
  addresses: Map<string, { host: string; port: number }>,
): OpenQueueProxy {
  return ({ pod, port, addressOf }): QueueProxyPort => {
    const address = addressOf(port);
    if (address) addresses.set(pod.metadata.name, address);
    const probe = readinessProbes(pod)[0] ?? {};
    return {
      check: async () => {
        const at = addressOf(probePortNumber(probe) || port);
        if (!at) return { ok: false, message: "no address" };
        return attemptProbe({ probe, ...at, timeoutMs: 1_000, prober: "queue-proxy" });
      },
      inFlight: () => inFlight.plain + inFlight.upgraded,
      drain: () => eventually(() => assert.equal(inFlight.plain, 0), 60_000),
      close: async () => {},
    };
  };
}

function getOnce(
  address: { readonly host: string; readonly port: number },
  path: string,
): Promise<{ status: number; text: string; json(): unknown }> {
  return new Promise((resolve, reject) => {
    const ask = request({ ...address, path, agent: false, timeout: 5_000 }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.once("error", reject);
      response.once("end", () =>
        resolve({ status: response.statusCode ?? 0, text, json: () => JSON.parse(text) as unknown }),
      );
    });
    ask.once("timeout", () => ask.destroy(new Error("no answer in 5 s")));
    ask.once("error", reject);
    ask.end();
  });
}
