// Opens the node of one session: connects the kubelet, image builds, file sync, debugging, logs and the network with
// the store and the data plane.
import { join } from "node:path";
import type { PodLogs } from "../../api-server/pod-logs.ts";
import type { PodStreams } from "../../api-server/pod-streams.ts";
import { DEFAULT_ACCOUNT, pullSecretsOf } from "../../apis/core/pod.ts";
import type { Pod } from "../../apis/core/types.ts";
import { keyOf, namespacedName, type ObjectKey } from "../../apis/meta/key.ts";
import type { StringMap } from "../../apis/meta/object.ts";
import { debugOf } from "../../apis/serving/debug.ts";
import { SERVICE_LABEL } from "../../apis/serving/labels.ts";
import { LOOPBACK } from "../../base/address.ts";
import { guardTimers, runInBackground } from "../../base/background.ts";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import { monotonicClock } from "../../base/monotonic-clock.ts";
import type { ShutdownMode } from "../../base/shutdown-stack.ts";
import type { UsageAnswer } from "../../client/measures.ts";
import { EventRecorder } from "../../control-plane/controller/event-recorder.ts";
import type { ObjectStore } from "../../control-plane/store/object-store.ts";
import type { ImageLibrary } from "../image/image-library.ts";
import { configsOfSecrets } from "../image/registry-auth.ts";
import { makeConcurrencyLimit } from "../kubelet/concurrency-limit.ts";
import { Kubelet, type KubeletOptions } from "../kubelet/kubelet.ts";
import {
  HOST_LABEL,
  KNAP_CONTAINER_LABEL,
  knapContainerLabel,
  PROCESS_LABEL,
  SESSION_LABEL,
  sweepOrphans,
} from "../kubelet/orphans.ts";
import type { StartRecords } from "../kubelet/start-records.ts";
import type { NodeNetwork } from "../network/gateway.ts";
import { type ContainerRuntime, RuntimeError, type RuntimeInfo } from "../runtime/runtime.ts";
import { BuildSteps } from "./build-steps.ts";
import { DebugSessions } from "./debug-sessions.ts";
import type { SyncFiles } from "./file-sync.ts";
import { type BuildServiceImage, type ImageBuilderOptions, imagesOf, makeImageBuilder } from "./image-builder.ts";
import { makePodLogs } from "./log-reader.ts";
import { makeEngineReport } from "./node-condition.ts";
import { NODE_NAME } from "./node-object.ts";
import { measureUsage } from "./node-usage.ts";
import { type OverlaySession, overlayFolderOf, sweepOverlayFolders } from "./overlay-folders.ts";
import { type OverlayScope, Overlays } from "./overlays.ts";
import { makePodFaults, refuseFaults } from "./pod-faults.ts";
import { makePodStreams } from "./pod-streams.ts";
import type { QueueProxies } from "./queue-proxies.ts";
import type { SessionFaults } from "./session-faults.ts";
import { makeFileSync } from "./sync-files.ts";

/** Knative's quiet period before a drain ends. */
const KNATIVE_QUIET_MS = 30_000;
/** Limits concurrent container starts, because more would slow each other down. */
const PARALLEL_STARTS_PER_CPU = 4;

/** How the process runtime starts a Service that has no image. */
export interface ServiceCommand {
  readonly command: readonly string[];
  /** The working folder of the command: an absolute path. */
  readonly folder: string;
  /** The ENV of the Dockerfile. The pod's environment overrides it. */
  readonly env: StringMap;
}

/** The user's settings for the node. `EmulatorOptions` describes them. */
export interface NodeSettings extends OverlaySession {
  readonly hostId: string;
  isSessionLive(sessionId: string): Promise<boolean> | boolean;
  readonly wake: "cold" | "freeze";
  readonly drain: "knap" | "knative";
  readonly stopTimeoutMs: number;
  /** `namespace/name` of a Service → how the process runtime starts it. */
  readonly commands: ReadonlyMap<string, ServiceCommand>;
  /** `namespace/name` of a Service → the folder of its sources, for debuggers. */
  readonly sourceFolders?: ReadonlyMap<string, string> | undefined;
  readonly log: Logger;
}

export interface NodeOptions {
  readonly settings: NodeSettings;
  readonly clock: Clock;
  readonly runtime: ContainerRuntime;
  readonly info: RuntimeInfo;
  readonly store: ObjectStore;
  readonly queueProxies: QueueProxies;
  readonly startRecords: StartRecords;
  readonly faults: SessionFaults;
  readonly library: ImageLibrary;
  /** undefined if the runtime has no networks. The agent closes the network. */
  readonly network: NodeNetwork | undefined;
}

export interface NodeAgent {
  /** Messages for the user about the network. */
  readonly notices: readonly string[];
  readonly logs: PodLogs;
  readonly streams: PodStreams;
  readonly kill: (pod: Pod, signal: string) => Promise<void>;
  readonly buildImage: BuildServiceImage | undefined;
  readonly buildSteps: BuildSteps["steps"];
  readonly syncFiles: SyncFiles;
  readonly debug: DebugSessions;
  readonly usage: () => Promise<UsageAnswer>;
  /** Resolves when no create, start, first readiness or stop is in progress. */
  idle(): Promise<void>;
  stop(how: ShutdownMode): Promise<void>;
}

/** Returns the labels of everything that a session creates on its engine. */
export function sessionLabels(
  { sessionId, hostId, processId }: Pick<NodeSettings, "sessionId" | "hostId" | "processId">,
  { ownContainer }: Pick<RuntimeInfo, "ownContainer">,
): StringMap {
  return {
    [SESSION_LABEL]: sessionId,
    [HOST_LABEL]: hostId,
    ...(processId !== undefined && { [PROCESS_LABEL]: processId }),
    ...(ownContainer !== undefined && { [KNAP_CONTAINER_LABEL]: knapContainerLabel(ownContainer) }),
  };
}

/** Runs the pods that the scheduler assigns to this node. */
export function openNode(parts: NodeOptions): NodeAgent {
  const { settings, runtime, network, store, queueProxies } = parts;
  const labels = sessionLabels(settings, parts.info);
  refuseFaults(parts.faults, runtime.capabilities, network);
  const overlays = new Overlays({ store, folder: overlayFolderOf(settings), log: settings.log });
  const kubelet = new Kubelet({ ...kubeletOptions(parts, labels), overlayOf: overlays.archiveFor });
  const watch = store.watch({ kind: "Pod" }, ({ type, object }) => {
    if (type === "DELETED") queueProxies.requestLogs.close(object.metadata.uid);
  });
  const builds = new BuildSteps();
  const debug = openDebugSessions(parts, labels, kubelet);
  const { syncFiles, discard } = makeFileSync({
    store,
    runtime,
    kubelet,
    overlays,
    clock: monotonicClock,
    holdRestarts: (service, sync) => debug.holdRestarts(service, sync),
  });
  const onBuilt = (built: OverlayScope): void =>
    runInBackground(settings.log, "removing synced files", () => discard(built));
  const images = runtime.capabilities.build
    ? makeImageBuilder({ ...builderOptions(parts, labels), onBuilt })
    : undefined;
  return {
    notices: network?.notice === undefined ? [] : [network.notice],
    logs: makePodLogs({ runtime, kubelet, requestLogs: queueProxies.requestLogs }),
    streams: makePodStreams({ runtime, kubelet, queueProxies }),
    kill: async (pod, signal) => {
      for (const { name = "" } of pod.spec.containers) {
        const [id] = kubelet.containersOf(podKey(pod), name);
        if (id !== undefined) await runtime.kill(id, signal);
      }
    },
    buildImage: images && builds.follow(images.build),
    get buildSteps() {
      return builds.steps;
    },
    syncFiles,
    debug,
    usage: () => measureUsage(store, runtime),
    idle: () => kubelet.idle(),
    stop: async (how) => {
      debug.close();
      watch[Symbol.dispose]();
      await (how === "now" ? kubelet.forceStop() : kubelet.stopAll());
      await overlays.close();
      await tolerateUnreachable(settings, async () => {
        await kubelet.close();
        await network?.close();
        await images?.idle();
      });
    },
  };
}

/** Removes what killed sessions left on this engine and in the state folder. Never rejects because of the engine. */
export async function sweepDeadSessions(settings: NodeSettings, runtime: ContainerRuntime): Promise<void> {
  const { hostId, isSessionLive, stateFolder, log } = settings;
  if (stateFolder !== undefined) {
    await sweepOverlayFolders(stateFolder).catch((error: unknown) => {
      log.warn("cannot remove the synced files of dead sessions", { error });
    });
  }
  try {
    const removed = await sweepOrphans({ runtime, hostId, isSessionLive: (id) => isSessionLive(id) });
    if (removed > 0) log.info("removed containers, networks and volumes of dead sessions", { removed });
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    log.warn("cannot remove what dead sessions left", { error });
  }
}

/** If the engine is unreachable at shutdown, the next start removes this session's containers by their label. */
async function tolerateUnreachable({ log }: NodeSettings, close: () => Promise<void>): Promise<void> {
  try {
    await close();
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    log.warn("the engine is unreachable; the next start removes this session's containers", { error });
  }
}

function builderOptions({ settings, runtime, store }: NodeOptions, labels: StringMap): ImageBuilderOptions {
  return {
    runtime,
    labels,
    records: join(settings.sessionFolder, "processes"),
    imagesInUse: () => imagesOf(store.list("Revision.serving.knative.dev")),
    isSessionLive: (session) => settings.isSessionLive(session),
    log: settings.log,
  };
}

function kubeletOptions(
  { settings, clock, runtime, info, store, queueProxies, startRecords, faults, library, network }: NodeOptions,
  labels: StringMap,
): Omit<KubeletOptions, "overlayOf"> {
  const recorder = new EventRecorder(store, clock);
  return {
    runtime,
    info,
    library,
    store,
    openQueueProxy: queueProxies.open,
    startRecords,
    clock,
    nodeClock: guardTimers(monotonicClock, settings.log),
    nodeName: NODE_NAME,
    hostIP: network?.gateway ?? LOOPBACK,
    prefix: prefixOf(settings),
    labels,
    wake: settings.wake,
    network,
    dns: network?.dns,
    extraHosts: network?.extraHosts ?? [],
    // An image contains a command; a process needs one from the project.
    startCommand: (pod) => (runtime.capabilities.images ? undefined : startCommandOf(pod, settings.commands)),
    pullConfigs: ({ metadata, spec }) => {
      const { namespace = "" } = metadata;
      const account = store.get("ServiceAccount", namespace, spec.serviceAccountName ?? DEFAULT_ACCOUNT);
      const secrets = pullSecretsOf(spec, account);
      return configsOfSecrets(secrets.flatMap(({ name = "" }) => store.get("Secret", namespace, name) ?? []));
    },
    record: (pod, note) => recorder.record(pod, note, "kubelet"),
    faults: makePodFaults(faults),
    onEngine: makeEngineReport({ store, clock }),
    starts: makeConcurrencyLimit(PARALLEL_STARTS_PER_CPU * info.cpus),
    stopPolicy: {
      stopTimeoutMs: settings.stopTimeoutMs,
      quietMs: settings.drain === "knative" ? KNATIVE_QUIET_MS : 0,
    },
    log: settings.log,
  };
}

/** A debugged pod starts by its own command. */
function startCommandOf({ metadata }: Pod, commands: NodeSettings["commands"]): ServiceCommand | undefined {
  const { namespace = "", labels } = metadata;
  const start = commands.get(namespacedName({ namespace, name: labels?.[SERVICE_LABEL] ?? "" }));
  const debugged = debugOf(metadata)?.command;
  return start && debugged ? { ...start, command: debugged } : start;
}

function openDebugSessions(
  { settings, runtime, library, store, clock }: NodeOptions,
  labels: StringMap,
  kubelet: Kubelet,
): DebugSessions {
  const recorder = new EventRecorder(store, clock);
  return new DebugSessions({
    runtime,
    library,
    store,
    labels,
    prefix: prefixOf(settings),
    commands: settings.commands,
    sourceFolders: settings.sourceFolders ?? new Map(),
    clock: guardTimers(monotonicClock, settings.log),
    addressOf: (pod, port) => kubelet.addressOf(pod, port),
    containerOf: (pod, name) => kubelet.containersOf(pod, name)[0],
    record: (about, note) => recorder.record(about, note, "debugger"),
  });
}

/** The prefix of the names of all containers and networks of a session. */
function prefixOf({ sessionId }: NodeSettings): string {
  return `knap-${sessionId}`;
}

function podKey(pod: Pod): ObjectKey<"Pod"> {
  return keyOf(pod) as ObjectKey<"Pod">;
}
