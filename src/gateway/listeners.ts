// The listeners of one session (public, local, one loopback port per Service, https on demand), and the routing table
// compiled from the store's Ingresses.
import type { Stored } from "../apis/meta/object.ts";
import type { Ingress } from "../apis/networking/types.ts";
import type { Address } from "../base/address.ts";
import type { Logger } from "../base/logger.ts";
import { Throttle } from "../base/throttle.ts";
import type { HttpsListener } from "../client/live.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import type { WatchEvent } from "../control-plane/store/view.ts";
import type { LocalReply } from "../data-plane/http/errors.ts";
import { type ProbeRequest, sendProbe } from "../data-plane/http/probe-exchange.ts";
import type { ListenerLimits } from "../data-plane/http-server/open-listener.ts";
import { type OpenListener, openListener } from "../data-plane/http-server/open-listener.ts";
import type { IngressGateway } from "../data-plane/ingress/ingress.ts";
import {
  compileRoutingTable,
  type RoutingTable,
  type RoutingTableOptions,
} from "../data-plane/ingress/routing-table.ts";
import { type GatewayPorts, gatewayPorts, makeGatewayServices, publicGatewayKey } from "./gateway-services.ts";
import { LOOPBACK, listen } from "./listen.ts";
import { ServiceListeners } from "./service-listeners.ts";
import { asksForTls, TlsListener } from "./tls-listener.ts";

const DEFAULT_PORT = 8080;

export interface GatewayListenersOptions {
  readonly store: ObjectStore;
  readonly gateway: IngressGateway;
  /** As the user gave it; 127.0.0.1 means both families. */
  readonly address: string;
  readonly port?: number | undefined;
  /** See `EmulatorOptions.httpsPort`. */
  readonly httpsPort?: number | undefined;
  /** Apply to each listener. */
  readonly limits?: Partial<ListenerLimits> | undefined;
  /** Where the local certificate authority is kept. */
  readonly authorityFolder: string;
  /** Called when the public ports are known, and again when https opens. */
  readonly onPorts: (ports: GatewayPorts) => void;
  readonly log: Logger;
}

interface PlainListeners {
  readonly all: readonly OpenListener[];
  readonly publicAddress: Address;
  readonly localAddress: Address;
  readonly notices: readonly string[];
}

export class GatewayListeners {
  readonly publicAddress: Address;
  readonly localAddress: Address;
  /** What the user should know about the ports. */
  readonly notices: readonly string[];
  readonly #options: GatewayListenersOptions;
  readonly #plain: readonly OpenListener[];
  readonly #services: ServiceListeners;
  /** Compiled parts of Ingresses that have not changed since. */
  readonly #compiled: NonNullable<RoutingTableOptions["known"]> = new WeakMap();
  /** Many Ingress changes at once give few tables. */
  readonly #compiling = new Throttle(() => this.#tryCompile());
  #conflicts = "";
  #tls: TlsListener | undefined;
  #openingTls: Promise<void> | undefined;
  /** Opening https failed; it is not tried again. */
  #isTlsBroken = false;
  /** Numbers the tables: one that waits for certificates does not replace a newer one. */
  #compilations = 0;
  #closed = false;

  private constructor(options: GatewayListenersOptions, plain: PlainListeners) {
    this.#options = options;
    this.#plain = plain.all;
    this.publicAddress = plain.publicAddress;
    this.localAddress = plain.localAddress;
    this.notices = plain.notices;
    this.#services = new ServiceListeners(options);
  }

  /**
   * Rejects with an {@link EnvironmentError} when a port that the user named cannot be opened; then nothing is left
   * open.
   */
  static async open(options: GatewayListenersOptions): Promise<GatewayListeners> {
    const listeners = new GatewayListeners(options, await openPlain(options));
    // Without a named port https opens when the first Ingress asks for it: making an authority takes time.
    if (options.httpsPort) {
      try {
        await listeners.#openTls();
      } catch (error) {
        await listeners.close(0);
        throw error;
      }
    }
    listeners.#start();
    return listeners;
  }

  /** Where https is served; undefined while it is not. */
  get tlsAddress(): Address | undefined {
    return this.#tls && { host: this.#tls.host, port: this.#tls.port };
  }

  /** The https port and the file of the authority to trust; undefined while https is not served. */
  get https(): HttpsListener | undefined {
    return this.#tls && { port: this.#tls.port, authority: this.#tls.authority.file };
  }

  /** Answers a probe as a listener would, once the table contains all present Ingresses; undefined: no answer. */
  async probe(question: Omit<ProbeRequest, "peer">): Promise<LocalReply | undefined> {
    await this.#compiling.settled();
    return sendProbe(this.#options.gateway.handle, { ...question, peer: LOOPBACK });
  }

  /** The address that reaches a Service whatever the Host; undefined until its listener is open. */
  serviceAddress(namespace: string, name: string): Address | undefined {
    return this.#services.addressOf(namespace, name);
  }

  /** Refuses new connections at once; in-flight requests get `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    this.#compiling.close();
    const services = this.#services.close(graceMs);
    await this.#openingTls;
    await Promise.all([services, ...[...this.#plain, this.#tls].map((listener) => listener?.close(graceMs))]);
  }

  #start(): void {
    const { store, onPorts } = this.#options;
    const ports = this.#ports();
    for (const service of makeGatewayServices(ports)) store.create(service);
    onPorts(ports);
    this.#compile();
    store.watch({}, (event) => this.#observe(event));
  }

  #ports(): GatewayPorts {
    return { http: this.publicAddress.port, https: this.tlsAddress?.port };
  }

  #observe({ object, old, type }: WatchEvent): void {
    const isRouteChange = object.kind === "Ingress" && (type !== "MODIFIED" || isRoutedAnew(object, old));
    if (isRouteChange || (object.kind === "Secret" && this.#tls)) this.#compiling.request();
  }

  /** Runs in a timer, where an exception would end the process. */
  #tryCompile(): void {
    try {
      this.#compile();
    } catch (error) {
      this.#options.log.error("routing table not compiled; the present one stays", { error });
    }
  }

  #compile(): void {
    const { store } = this.#options;
    const ingresses = [...store.list("Ingress.networking.internal.knative.dev")].sort(olderFirst);
    this.#compilations += 1;
    if (this.#tls) this.#certify(this.#tls, ingresses);
    else if (this.#canOpenTls() && asksForTls(ingresses)) this.#openingTls ??= this.#openTlsLate();
    else this.#swap(this.#tableOf(ingresses));
  }

  /** Swaps as soon as every public host has a certificate: at once, unless a host is new. */
  #certify(tls: TlsListener, ingresses: readonly Stored<Ingress>[]): void {
    tls.applySecrets(ingresses, this.#options.store);
    const table = this.#tableOf(ingresses);
    const hosts = tls.missing(table.publicHosts);
    const compilation = this.#compilations;
    const swapIfNewest = (): void => {
      if (compilation === this.#compilations) this.#swap(table);
    };
    if (hosts.length === 0) swapIfNewest();
    else {
      tls.prepare(hosts).then(swapIfNewest, (error: unknown) => {
        this.#options.log.error("hosts without a certificate", { hosts, error });
        swapIfNewest();
      });
    }
  }

  #tableOf(ingresses: readonly Ingress[]): RoutingTable {
    const httpsPort = this.tlsAddress?.port;
    return compileRoutingTable(ingresses, { known: this.#compiled, ...(httpsPort !== undefined && { httpsPort }) });
  }

  #swap(table: RoutingTable): void {
    this.#options.gateway.swap(table);
    for (const failure of table.failures) this.#options.log.error("Ingress not served", failure);
    const conflicts = table.conflicts.map(({ host, ingress }) => `${host} (${ingress})`).join(", ");
    if (conflicts !== this.#conflicts && conflicts !== "") this.#options.log.warn("hosts claimed twice", { conflicts });
    this.#conflicts = conflicts;
  }

  #canOpenTls(): boolean {
    return this.#options.httpsPort !== 0 && !this.#closed && !this.#isTlsBroken;
  }

  /** Requests follow the old table until it is open. */
  async #openTlsLate(): Promise<void> {
    const { store, onPorts, log } = this.#options;
    try {
      await this.#openTls();
      const ports = this.#ports();
      store.patchMerge(publicGatewayKey, { spec: { ports: gatewayPorts(ports) } });
      onPorts(ports);
    } catch (error) {
      this.#isTlsBroken = true;
      log.error("https is not served", { error });
    }
    this.#compile();
  }

  async #openTls(): Promise<void> {
    const { gateway, address, httpsPort: port, authorityFolder: folder, limits, log } = this.#options;
    this.#tls = await TlsListener.open({ address, port, limits, folder, handler: gateway.handle, log });
    log.info("https is served", { port: this.#tls.port, authority: this.#tls.authority.file });
  }
}

async function openPlain({ gateway, address, port, limits, log }: GatewayListenersOptions): Promise<PlainListeners> {
  const handler = gateway.handle;
  const port0 = { defaultPort: DEFAULT_PORT, name: "ingress", flag: "--port" };
  const open = await listen({ address, port, limits, ...port0, listener: "public", handler });
  if (open.host === LOOPBACK && open.listeners.length === 1)
    log.debug("no public listener on the IPv6 loopback address", { port: open.port });
  const local = await openListener({ host: LOOPBACK, port: 0, listener: "local", handler, ...(limits && { limits }) });
  return {
    all: [...open.listeners, local],
    publicAddress: { host: open.host, port: open.port },
    localAddress: { host: LOOPBACK, port: local.port },
    notices: open.notices,
  };
}

/** False for a change of the status alone, which no table contains. */
function isRoutedAnew(object: Stored, old: Stored | undefined): boolean {
  const { labels, annotations } = object.metadata;
  if (!old) return true;
  return object.spec !== old.spec || labels !== old.metadata.labels || annotations !== old.metadata.annotations;
}

/** The older of two Ingresses that claim one host gets it. */
function olderFirst(a: Stored<Ingress>, b: Stored<Ingress>): number {
  const age = compareText(a.metadata.creationTimestamp, b.metadata.creationTimestamp);
  return age || compareText(a.metadata.name, b.metadata.name);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
