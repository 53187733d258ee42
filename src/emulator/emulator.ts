// The wiring of one session, and its start and stop in order. Every part is made here, handed what it needs, and knows nobody else.
import { randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import { ApiServer } from "../api-server/api-server.ts";
import type { PodPorts } from "../api-server/pod-proxy.ts";
import { makeAdmission } from "../apis/admission.ts";
import type { RevisionKey } from "../apis/autoscaling/types.ts";
import { unknownFields } from "../apis/schema/schemas.ts";
import type { Clock } from "../base/clock.ts";
import type { ShutdownMode } from "../base/shutdown-stack.ts";
import { ShutdownStack } from "../base/shutdown-stack.ts";
import { steadyClock } from "../base/steady-clock.ts";
import type { VirtualClock } from "../base/virtual-clock.ts";
import { makeHttpClient } from "../client/http-client.ts";
import type { ColdStart, HttpsListener } from "../client/live.ts";
import { Activator } from "../data-plane/activator/activator.ts";
import type { Exchange } from "../data-plane/http/exchange.ts";
import { IngressGateway } from "../data-plane/ingress/ingress.ts";
import { CertificateIssuer } from "../gateway/certificate-issuer.ts";
import { openNodeNetwork } from "../gateway/cluster-gateway.ts";
import { GatewayListeners } from "../gateway/listeners.ts";
import { ColdStarts } from "../knap-api/cold-starts.ts";
import { makeKnapVerbs } from "../knap-api/knap-verbs.ts";
import { VirtualTime } from "../knap-api/virtual-time.ts";
import { type NodeAgent, openNode, sessionLabels, sweepDeadSessions } from "../node/agent/node-agent.ts";
import { makeDiskReport } from "../node/agent/node-condition.ts";
import { PodUsageSampler } from "../node/agent/pod-usage.ts";
import { QueueProxies } from "../node/agent/queue-proxies.ts";
import { RevisionBackends } from "../node/agent/revision-backends.ts";
import { chooseForwarder } from "./choose-forwarder.ts";
import { chooseRuntime } from "./choose-runtime.ts";
import { ACTIVATOR_ADDRESS, GATEWAY_ADDRESS, makeClusterObjects } from "./cluster-objects.ts";
import { type ControlPlane, makeControlPlane, type RandomSource } from "./control-plane.ts";
import { openInquiries } from "./inquiries.ts";
import type { Emulator, EmulatorOptions } from "./options.ts";
import { makeSessionClocks } from "./session-clocks.ts";

const STANDING_TIME = "time is virtual and stands still: `knap clock advance 90s` lets it pass";
/** In-flight requests at the end of a session. */
const LAST_REQUESTS_MS = 5000;

const realChance: RandomSource = {
  uid: () => randomUUID(),
  suffix: () => randomSuffix(),
  random: Math.random,
};

/** Starts everything and resolves when the doors are open. Rejects with an EmulatorError when the environment forbids it; then nothing is left behind. */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const stops = new ShutdownStack();
  try {
    return await wire(options, stops);
  } catch (error) {
    await stops.run("now");
    throw error;
  }
}

async function wire(options: EmulatorOptions, stops: ShutdownStack): Promise<Emulator> {
  const { objects: clock, stats: statsClock, virtual, awakeSince } = makeSessionClocks(options, () => control.store);
  const onDisk = makeDiskReport({ store: () => control.store, clock });
  const { runtime, name: runtimeName, notices } = await chooseRuntime({ ...options, onDisk });
  stops.add(() => runtime.close());
  const info = await runtime.info();
  const coldStarts = new ColdStarts((revision, pod) => node.marks(revision, pod));
  const data = await openDataPlane({ options, statsClock, coldStarts, control: () => control });
  const { activator, gateway, door, sidecars, forward } = data;
  stops.add((how) => data.close(how));
  const inquiries = openInquiries({ clock, runtime, info, activator, door, control: () => control });
  stops.add(() => inquiries.close());
  const usage = new PodUsageSampler({
    clock: steadyClock,
    runtime,
    store: () => control.store,
    config: () => control.config().autoscaler,
  });
  stops.add(() => usage[Symbol.dispose]());
  const control: ControlPlane = makeControlPlane({
    clock,
    awakeSince,
    chance: realChance,
    defer: (run) => void setImmediate(run),
    elapsedMs: () => performance.now(),
    configMaps: options.configMaps,
    objects: makeClusterObjects({ ...info, ...(options.maxPods !== undefined && { maxPods: options.maxPods }) }),
    ingressPort: door.publicAddress.port,
    httpsPort: () => door.tlsAddress?.port,
    admission: (config) => makeAdmission({ config }),
    inquire: inquiries.inquire,
    activatorStats: () => activator.report(statsClock.now()),
    podStat: sidecars.statOf,
    usage,
    log: options.log,
  });
  stops.add(() => control[Symbol.dispose]());
  data.follow(control);
  control.store.watch({}, (event) => inquiries.observe(event));
  await sweepDeadSessions(options, runtime);
  const { store } = control;
  const { sessionId, log } = options;
  const network = await openNodeNetwork({
    sessionId,
    log,
    runtime,
    info,
    store,
    ingress: gateway,
    forward,
    publicPort: door.publicAddress.port,
    labels: sessionLabels(options),
  });
  const { library } = inquiries;
  const node = openNode({ settings: options, clock, runtime, info, store, sidecars, library, network });
  stops.add((how) => node.stop(how));
  const issuer = openIssuer(options, clock, control);
  const time = virtual && makeTime(virtual, { control, idle: [node, inquiries, issuer] });
  const live = {
    control,
    activator,
    gateway,
    ports: sidecars.portOf,
    coldStarts: () => coldStarts.all,
    https: () => door.https,
  };
  const api = await openApi({ ...live, options, clock, node, ...(time && { time }) });
  stops.add(() => api.close());
  stops.add(() => time?.close());
  // First of all nobody new is let in; who is on the way is waited for last.
  stops.add((how) => void door.close(how === "now" ? 0 : LAST_REQUESTS_MS).catch(() => {}));
  control.controller.start();
  control.controller.settle();
  return {
    runtime: runtimeName,
    ingress: door.publicAddress,
    get https() {
      return door.tlsAddress;
    },
    api: { address: api.address, token: api.token },
    client: makeHttpClient({ address: api.address, token: api.token }),
    notices: [...(time ? [STANDING_TIME] : []), ...door.notices, ...notices, ...node.notices],
    stopRequested: api.stopRequested,
    buildImage: node.buildImage,
    serviceAddress: (namespace, name) => door.serviceAddress(namespace, name),
    stop: (how) => stops.run(how),
  };
}

function authorityFolderOf({ stateFolder, sessionFolder }: EmulatorOptions): string {
  return join(stateFolder ?? sessionFolder, "authority");
}

function openIssuer(options: EmulatorOptions, clock: Clock, { store }: ControlPlane): CertificateIssuer {
  const issuer = new CertificateIssuer({ store, clock, folder: authorityFolderOf(options), log: options.log });
  store.watch({}, (event) => issuer.observe(event));
  return issuer;
}

function makeTime(clock: VirtualClock, { control, idle }: TimeParts): VirtualTime {
  return new VirtualTime({
    clock,
    version: () => control.store.version,
    settle: () => control.controller.settle(),
    idle: () => Promise.all(idle.map((part) => part.idle())),
  });
}

interface TimeParts {
  readonly control: ControlPlane;
  /** Whose work time waits for. */
  readonly idle: readonly { idle(): Promise<void> }[];
}

/** The request path, before there is anything to route to. `follow` joins it with the store. */
async function openDataPlane({ options, statsClock, control, coldStarts }: DataPlaneParts) {
  const { address, port, httpsPort, limits, log } = options;
  const activator = new Activator({
    clock: steadyClock,
    statsClock,
    chance: Math.random,
    podName: "activator",
    address: ACTIVATOR_ADDRESS,
    onStat: (revision, stat) => control().tick.receive(revision, stat),
  });
  const forward = (revision: RevisionKey, exchange: Exchange): Promise<void> =>
    coldStarts.follow(exchange, activator.handle(revision, exchange));
  const gateway = new IngressGateway({
    forward,
    chance: Math.random,
    address: GATEWAY_ADDRESS,
  });
  const door = await GatewayListeners.open({
    gateway,
    address,
    log,
    authorityFolder: authorityFolderOf(options),
    onTls: () => control().reconfigure(),
    ...(port !== undefined && { port }),
    ...(httpsPort !== undefined && { httpsPort }),
    ...(limits && { limits }),
  });
  let traffic: RevisionBackends | undefined;
  const forwarders = await chooseForwarder(process.env["KNAP_FORWARDER"]);
  const sidecars = new QueueProxies({
    clock: steadyClock,
    statsClock,
    forwarders,
    onDoor: (pod) => traffic?.doorChanged(pod),
    log,
  });
  const follow = ({ store }: ControlPlane): void => {
    const watch = new RevisionBackends({ store, activator, doorOf: sidecars.doorOf });
    traffic = watch;
    door.follow(store);
    store.watch({}, (event) => {
      watch.observe(event);
      door.observe(event);
    });
  };
  const close = async (how: ShutdownMode): Promise<void> => {
    await door.close(how === "now" ? 0 : LAST_REQUESTS_MS);
    activator.close();
  };
  return { activator, gateway, forward, door, sidecars, follow, close };
}

interface DataPlaneParts {
  readonly options: EmulatorOptions;
  readonly statsClock: Clock;
  readonly coldStarts: ColdStarts;
  /** Made later: it needs the ingress port. */
  readonly control: () => ControlPlane;
}

/** The API server with the emulator's own verbs. */
async function openApi({ options, clock, node, ports, ...live }: ApiParts) {
  const stopRequest = new AbortController();
  const token = randomBytes(24).toString("base64url");
  const server = new ApiServer({
    store: live.control.store,
    clock,
    token,
    logs: node.logs,
    ports,
    unknownFields,
    verbs: makeKnapVerbs({
      ...live,
      clock,
      kill: node.kill,
      onStop: () => stopRequest.abort(),
    }),
    log: options.log,
  });
  const address = await server.listen();
  return { address, token, stopRequested: stopRequest.signal, close: () => server[Symbol.asyncDispose]() };
}

interface ApiParts {
  readonly options: EmulatorOptions;
  readonly clock: Clock;
  readonly control: ControlPlane;
  readonly activator: Activator;
  readonly gateway: IngressGateway;
  readonly node: NodeAgent;
  readonly ports: PodPorts;
  readonly coldStarts: () => readonly ColdStart[];
  readonly https: () => HttpsListener | undefined;
  readonly time?: VirtualTime;
}

const SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789";

/** Five characters without vowels, as Kubernetes makes them. */
function randomSuffix(): string {
  return Array.from(randomBytes(5), (byte) => SUFFIX_LETTERS[byte % SUFFIX_LETTERS.length]).join("");
}
