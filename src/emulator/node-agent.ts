// The node of one session: kubelet, network, image builds and logs, joined with the store and the data plane.

import type { PodLogOptions, PodLogs } from "../api-server/pod-logs.ts";
import { DEFAULT_ACCOUNT, pullSecretsOf } from "../apis/core/service-account.ts";
import type { Pod } from "../apis/core/types.ts";
import { keyOf, type ObjectKey } from "../apis/kinds.ts";
import type { Clock } from "../base/clock.ts";
import { steadyClock } from "../base/steady-clock.ts";
import { EventRecorder } from "../control-plane/controller/event-recorder.ts";
import type { IngressGateway } from "../data-plane/ingress/ingress.ts";
import type { ImageLibrary } from "../node/image/image-library.ts";
import { configsOfSecrets } from "../node/image/registry-auth.ts";
import { AddressPool } from "../node/kubelet/address-pool.ts";
import { makeGate } from "../node/kubelet/gate.ts";
import { Kubelet, type KubeletOptions } from "../node/kubelet/kubelet.ts";
import type { WakeMarks } from "../node/kubelet/node-parts.ts";
import { sweepOrphans } from "../node/kubelet/orphans.ts";
import type { ContainerRuntime, RuntimeInfo } from "../node/runtime/runtime.ts";
import { RuntimeError } from "../node/runtime/runtime.ts";
import { type NodeNetwork, openNodeNetwork } from "./cluster-gateway.ts";
import { NODE_NAME } from "./cluster-objects.ts";
import type { ControlPlane } from "./control-plane.ts";
import { makeImageBuilder } from "./image-builder.ts";
import { makeEngineReport } from "./node-condition.ts";
import type { BuildServiceImage, EmulatorOptions } from "./options.ts";
import type { RevisionServices } from "./revision-services.ts";
import type { Sidecars } from "./sidecars.ts";
import type { StopHow } from "./stop-list.ts";

const SERVICE_LABEL = "serving.knative.dev/service";
const KNATIVE_QUIET_MS = 30_000;
/** Containers that start at the same time; more only make each other slow. */
const PARALLEL_STARTS_PER_CPU = 4;

export interface NodeOptions {
  readonly options: EmulatorOptions;
  readonly clock: Clock;
  readonly runtime: ContainerRuntime;
  readonly info: RuntimeInfo;
  readonly control: ControlPlane;
  readonly sidecars: Sidecars;
  readonly library: ImageLibrary;
  /** Serves what containers call by cluster names. */
  readonly ingress: IngressGateway;
  readonly forward: RevisionServices["forward"];
  readonly publicPort: number;
}

export interface NodeAgent {
  /** What the user should know about the network. */
  readonly notices: readonly string[];
  readonly logs: PodLogs;
  readonly kill: (pod: Pod, signal: string) => Promise<void>;
  /** The steps of a pod's start, while it is here; `revision` is `namespace/name`. */
  marks(revision: string, pod: string): Readonly<WakeMarks> | undefined;
  readonly buildImage: BuildServiceImage | undefined;
  /** Resolves when no create, start, first readiness or stop is under way. */
  idle(): Promise<void>;
  stop(how: StopHow): Promise<void>;
}

/** Labels of everything that this session makes. */
function labelsOf({ sessionId, hostId }: EmulatorOptions): Readonly<Record<string, string>> {
  return { "knap.dev/session": sessionId, "knap.dev/host": hostId };
}

/** Opens the network and takes the pods that the scheduler gives this node. */
export async function openNode(parts: NodeOptions): Promise<NodeAgent> {
  const { options, runtime } = parts;
  const labels = labelsOf(options);
  await sweepDead(parts);
  const network = await openNodeNetwork(parts, labels);
  const kubelet = new Kubelet(kubeletOptions(parts, labels, network));
  return {
    notices: network?.notice === undefined ? [] : [network.notice],
    logs: (pod, wanted) => readLogs(runtime, kubelet, pod, wanted),
    kill: async (pod, signal) => {
      for (const { name = "" } of pod.spec.containers) {
        const [id] = kubelet.containersOf(podKey(pod), name);
        if (id !== undefined) await runtime.kill(id, signal);
      }
    },
    marks: (revision, pod) => {
      const [namespace = ""] = revision.split("/");
      return kubelet.marks(parts.control.store.get("Pod", namespace, pod)?.metadata.uid ?? "");
    },
    buildImage: runtime.capabilities.build ? makeImageBuilder(runtime, labels) : undefined,
    idle: () => kubelet.idle(),
    stop: async (how) => {
      await (how === "now" ? kubelet.hurry() : kubelet.stopAll());
      await leaving(options, async () => {
        await kubelet.close();
        await network?.close();
      });
    },
  };
}

/** What sessions that were killed left on this engine. That it cannot be removed is no reason not to start. */
async function sweepDead({ options, runtime }: NodeOptions): Promise<void> {
  const { hostId, isSessionLive, log } = options;
  try {
    const removed = await sweepOrphans({ runtime, hostId, isSessionLive: (id) => isSessionLive(id) });
    if (removed > 0) log.info("removed what dead sessions left", { removed });
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    log.warn("dead sessions not swept", { error: error.message });
  }
}

/** An engine that is away at the end keeps nobody: its containers carry the session's name, and the next start removes them. */
async function leaving({ log }: EmulatorOptions, close: () => Promise<void>): Promise<void> {
  try {
    await close();
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    log.warn("what this session has on the engine is removed by the next start", { error: error.message });
  }
}

function kubeletOptions(
  { options, clock, runtime, info, control, sidecars, library }: NodeOptions,
  labels: Readonly<Record<string, string>>,
  network: NodeNetwork | undefined,
): KubeletOptions {
  const { store } = control;
  const recorder = new EventRecorder(store, clock);
  return {
    runtime,
    info,
    library,
    store,
    openSidecar: sidecars.open,
    clock,
    nodeClock: steadyClock,
    nodeName: NODE_NAME,
    hostIP: network?.gateway ?? "127.0.0.1",
    prefix: `knap-${options.sessionId}`,
    labels,
    wake: options.wake,
    network: network && { id: network.id, pool: new AddressPool(network.subnet) },
    dns: network?.dns,
    extraHosts: network?.extraHosts ?? [],
    // An image knows its own command; only a process has to be told.
    startCommand: ({ metadata }) =>
      runtime.capabilities.images
        ? undefined
        : options.commands.get(`${metadata.namespace ?? ""}/${metadata.labels?.[SERVICE_LABEL] ?? ""}`),
    pullConfigs: ({ metadata, spec }) => {
      const { namespace = "" } = metadata;
      const account = store.get("ServiceAccount", namespace, spec.serviceAccountName ?? DEFAULT_ACCOUNT);
      const secrets = pullSecretsOf(spec, account);
      return configsOfSecrets(secrets.flatMap(({ name = "" }) => store.get("Secret", namespace, name) ?? []));
    },
    record: (pod, note) => recorder.record(pod, note, "kubelet"),
    onEngine: makeEngineReport({ store: () => store, clock }),
    starts: makeGate(PARALLEL_STARTS_PER_CPU * info.cpus),
    manners: {
      stopTimeoutMs: options.stopTimeoutMs,
      quietMs: options.drain === "knative" ? KNATIVE_QUIET_MS : 0,
    },
    log: options.log,
  };
}

function podKey(pod: Pod): ObjectKey<"Pod"> {
  return keyOf(pod) as ObjectKey<"Pod">;
}

async function* readLogs(
  runtime: ContainerRuntime,
  kubelet: Kubelet,
  pod: Pod,
  wanted: PodLogOptions,
): AsyncGenerator<string> {
  const [present, previous] = kubelet.containersOf(podKey(pod), wanted.container);
  const id = wanted.previous ? previous : present;
  if (id === undefined) return;
  const { follow = false, tail, sinceSeconds, timestamps, signal } = wanted;
  const since = sinceSeconds === undefined ? undefined : new Date(Date.now() - sinceSeconds * 1000).toISOString();
  const lines = runtime.logs(id, {
    follow,
    signal,
    ...(tail !== undefined && { tail }),
    ...(since !== undefined && { since }),
  });
  for await (const { time, text } of lines) yield timestamps ? `${time} ${text}` : text;
}
