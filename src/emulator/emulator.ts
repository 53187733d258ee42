// Wires one session: creates all components and stops them in reverse order.
import { randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import { ApiServer } from "../api-server/api-server.ts";
import type { RevisionKey } from "../apis/autoscaling/types.ts";
import { unknownFields } from "../apis/schema/schemas.ts";
import { monotonicClock } from "../base/monotonic-clock.ts";
import { type ShutdownMode, ShutdownStack } from "../base/shutdown-stack.ts";
import { makeHttpClient } from "../client/http-client.ts";
import { Activator } from "../data-plane/activator/activator.ts";
import type { Exchange } from "../data-plane/http/exchange.ts";
import { IngressGateway } from "../data-plane/ingress/ingress.ts";
import { CertificateIssuer } from "../gateway/certificate-issuer.ts";
import { makeLoopbackCertificate } from "../gateway/certificates.ts";
import { openNodeNetwork } from "../gateway/cluster-gateway.ts";
import { GatewayListeners } from "../gateway/listeners.ts";
import { ColdStarts } from "../knap-api/cold-starts.ts";
import { makeKnapEndpoints } from "../knap-api/knap-endpoints.ts";
import { RequestRecords } from "../knap-api/request-records.ts";
import { VirtualTime } from "../knap-api/virtual-time.ts";
import { type NodeAgent, openNode, sessionLabels, sweepDeadSessions } from "../node/agent/node-agent.ts";
import { makeDiskReport } from "../node/agent/node-condition.ts";
import { makeLookupFault } from "../node/agent/pod-faults.ts";
import { PodUsageSampler } from "../node/agent/pod-usage.ts";
import { QueueProxies } from "../node/agent/queue-proxies.ts";
import { RevisionBackends } from "../node/agent/revision-backends.ts";
import { SessionFaults } from "../node/agent/session-faults.ts";
import { ImageLibrary } from "../node/image/image-library.ts";
import { readDockerConfig } from "../node/image/registry-auth.ts";
import { StartRecords } from "../node/kubelet/start-records.ts";
import { chooseForwarder } from "./choose-forwarder.ts";
import { chooseRuntime } from "./choose-runtime.ts";
import { ACTIVATOR_ADDRESS, GATEWAY_ADDRESS, makeClusterObjects } from "./cluster-objects.ts";
import { type ControlPlane, makeControlPlane } from "./control-plane.ts";
import { InquiryRouter } from "./inquiries.ts";
import type { Emulator, EmulatorOptions } from "./options.ts";
import { makeSessionClocks, recordClockChanges } from "./session-clocks.ts";
import { openStore, type RandomSource, seed } from "./session-store.ts";

const VIRTUAL_TIME_NOTICE = "time is virtual and stands still: `knap clock advance 90s` lets it pass";
/** How long in-flight requests may take at the end of a session. */
const LAST_REQUESTS_MS = 5000;
const SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789";

const systemRandom: RandomSource = {
  uid: () => randomUUID(),
  // Five characters without vowels, like Kubernetes' suffixes.
  suffix: () => Array.from(randomBytes(5), (byte) => SUFFIX_LETTERS[byte % SUFFIX_LETTERS.length]).join(""),
  random: Math.random,
};

/**
 * Resolves when all listeners are open. Rejects with an EnvironmentError if the environment prevents the start; then
 * nothing is left behind.
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const shutdown = new ShutdownStack();
  try {
    return await wire(options, shutdown);
  } catch (error) {
    await shutdown.run("now");
    throw error;
  }
}

async function wire(options: EmulatorOptions, shutdown: ShutdownStack): Promise<Emulator> {
  const session = await openSession(options, shutdown);
  const path = await openRequestPath(session);
  shutdown.add((mode) => path.close(mode));
  const library = makeLibrary(session);
  const control = openControl(session, path, library, shutdown);
  await sweepDeadSessions(options, session.runtime);
  const node = await openNodeAgent(session, path, library);
  shutdown.add((mode) => node.stop(mode));
  const { clock, clocks, store } = session;
  const { log } = options;
  const folder = authorityFolderOf(options);
  const issuer = new CertificateIssuer({ store, clock, timers: monotonicClock, folder, log });
  shutdown.add(() => issuer.close());
  const time =
    clocks.virtual &&
    new VirtualTime({
      clock: clocks.virtual,
      version: () => store.version,
      settle: () => control.controller.settle(),
      idle: () => Promise.all([node, control.inquiries, issuer].map((part) => part.idle())),
    });
  const api = await openApi(session, path, control, node, time);
  shutdown.add(() => api.close());
  shutdown.add(() => time?.close());
  // Stop accepting connections first; in-flight requests end last, when `path` is closed.
  const { listeners } = path;
  shutdown.add((mode) => void listeners.close(graceMsOf(mode)).catch(() => {}));
  control.controller.start();
  control.controller.settle();
  return {
    runtime: session.runtimeName,
    ingress: listeners.publicAddress,
    get https() {
      return listeners.tlsAddress;
    },
    api: api.access,
    client: makeHttpClient(api.access),
    notices: [...(time ? [VIRTUAL_TIME_NOTICE] : []), ...listeners.notices, ...session.notices, ...node.notices],
    stopRequested: api.stopRequested,
    buildImage: node.buildImage,
    syncFiles: node.syncFiles,
    serviceAddress: (namespace, name) => listeners.serviceAddress(namespace, name),
    stop: (mode) => shutdown.run(mode),
  };
}

type Session = Awaited<ReturnType<typeof openSession>>;
type RequestPath = Awaited<ReturnType<typeof openRequestPath>>;

/** Opens what all components share: clocks, store, configuration and container runtime. */
async function openSession(options: EmulatorOptions, shutdown: ShutdownStack) {
  const clocks = makeSessionClocks(options);
  const clock = clocks.objects;
  const { configMaps, maxPods, log } = options;
  const { store, config } = openStore({ clock, random: systemRandom, configMaps, log });
  recordClockChanges(clocks, store);
  const chosen = await chooseRuntime({ ...options, onDisk: makeDiskReport({ store, clock }) });
  const { runtime, name: runtimeName, notices } = chosen;
  shutdown.add(() => runtime.close());
  const info = await runtime.info();
  seed(store, makeClusterObjects({ ...info, maxPods }));
  const faults = new SessionFaults({ store, clock, jump: clocks.jump });
  shutdown.add(() => faults.close());
  return {
    options,
    clocks,
    clock,
    store,
    config,
    runtime,
    runtimeName,
    notices,
    info,
    faults,
    startRecords: new StartRecords(),
  };
}

/** Opens the request path: listeners, ingress, activator and queue-proxies. */
async function openRequestPath({ options, clocks, store, config, startRecords, faults }: Session) {
  const { address, port, httpsPort, limits, log } = options;
  const coldStarts = new ColdStarts(startRecords);
  const requests = new RequestRecords(coldStarts);
  const activator = new Activator({
    clock: monotonicClock,
    statsClock: clocks.stats,
    random: Math.random,
    podName: "activator",
    address: ACTIVATOR_ADDRESS,
  });
  const forward = (revision: RevisionKey, exchange: Exchange): Promise<void> => {
    requests.remember(exchange);
    return coldStarts.follow(exchange, activator.handle(revision, exchange));
  };
  const gateway = new IngressGateway({ forward, random: Math.random, address: GATEWAY_ADDRESS });
  const forwarders = await chooseForwarder(process.env["KNAP_FORWARDER"], log);
  const queueProxies = new QueueProxies({ clock: monotonicClock, statsClock: clocks.stats, forwarders, faults });
  new RevisionBackends({ store, activator, queueProxies });
  const listeners = await GatewayListeners.open({
    store,
    gateway,
    address,
    port,
    httpsPort,
    limits,
    authorityFolder: authorityFolderOf(options),
    onPorts: config.setPorts,
    log,
  });
  const close = async (mode: ShutdownMode): Promise<void> => {
    await listeners.close(graceMsOf(mode));
    activator.close();
  };
  return { activator, gateway, forward, listeners, queueProxies, coldStarts, requests, close };
}

function makeLibrary({ runtime, info }: Session): ImageLibrary {
  return new ImageLibrary({ runtime, engine: info, userConfig: () => readDockerConfig(process.env) });
}

function openControl(session: Session, path: RequestPath, library: ImageLibrary, shutdown: ShutdownStack) {
  const { options, clocks, clock, store, config, runtime } = session;
  const { activator, listeners, queueProxies } = path;
  const { log } = options;
  const inquiries = new InquiryRouter({ clock, store, config, runtime, library, activator, listeners, log });
  shutdown.add(() => inquiries.close());
  const usage = new PodUsageSampler({
    clock: monotonicClock,
    runtime,
    store,
    config: () => config.current().autoscaler,
    log,
  });
  shutdown.add(() => usage[Symbol.dispose]());
  const control = makeControlPlane({
    store,
    config,
    clock,
    statsClock: clocks.stats,
    awakeSince: clocks.awakeSince,
    random: Math.random,
    defer: (run) => void setImmediate(run),
    elapsedMs: () => performance.now(),
    inquiries,
    activator: { report: () => activator.report(clocks.stats.now()), onFirstRequest: activator.onFirstRequest },
    podStat: queueProxies.statOf,
    usage,
    log: options.log,
  });
  shutdown.add(() => control[Symbol.dispose]());
  return { ...control, inquiries };
}

async function openNodeAgent(session: Session, path: RequestPath, library: ImageLibrary): Promise<NodeAgent> {
  const { options, clock, store, runtime, info, startRecords, faults } = session;
  const { gateway, forward, listeners, queueProxies } = path;
  const network = await openNodeNetwork({
    sessionId: options.sessionId,
    log: options.log,
    runtime,
    info,
    store,
    failsLookup: makeLookupFault(faults, store),
    ingress: gateway,
    forward,
    publicPort: listeners.publicAddress.port,
    labels: sessionLabels(options, info),
  });
  const parts = {
    settings: options,
    clock,
    runtime,
    info,
    store,
    queueProxies,
    startRecords,
    library,
    network,
    faults,
  };
  return openNode(parts);
}

/** The API server with the endpoints of knap.dev. */
async function openApi(
  { options, clock, store, faults }: Session,
  { activator, gateway, listeners, queueProxies, coldStarts, requests }: RequestPath,
  control: ControlPlane,
  node: NodeAgent,
  time: VirtualTime | undefined,
) {
  const stopRequest = new AbortController();
  const token = randomBytes(24).toString("base64url");
  const certificate = options.apiScheme === "http" ? undefined : await makeLoopbackCertificate(new Date());
  const server = new ApiServer({
    store,
    clock,
    token,
    tls: certificate,
    logs: node.logs,
    streams: node.streams,
    ports: queueProxies.portOf,
    unknownFields,
    endpoints: makeKnapEndpoints({
      clock,
      control,
      activator,
      gateway,
      coldStarts: () => coldStarts.all,
      requests,
      podStarts: () => coldStarts.podStarts,
      https: () => listeners.https,
      builds: () => node.buildSteps,
      time,
      kill: node.kill,
      debug: node.debug,
      usage: node.usage,
      faults,
      onStop: () => stopRequest.abort(),
    }),
    log: options.log,
  });
  const address = await server.listen();
  const access = { address, token, authority: certificate?.authority };
  return { access, stopRequested: stopRequest.signal, close: () => server[Symbol.asyncDispose]() };
}

function graceMsOf(mode: ShutdownMode): number {
  return mode === "now" ? 0 : LAST_REQUESTS_MS;
}

function authorityFolderOf({ stateFolder, sessionFolder }: EmulatorOptions): string {
  return join(stateFolder ?? sessionFolder, "authority");
}
